using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Hopx.Desktop;

/// <summary>Writes PNG: rows as differences to the row above, which makes the flat areas of a desktop vanish, and the fastest compression.</summary>
internal static class PngWriter
{
    private const byte Up = 2;

    public static byte[] Write(Frame frame)
    {
        using var output = new MemoryStream(frame.Width * frame.Height / 4);
        WriteStart(output, frame.Width, frame.Height, colorType: 2);
        var data = BeginChunk(output, "IDAT");
        using (var zlib = new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            var line = new byte[1 + (frame.Width * 3)];
            var above = new byte[frame.Width * 3];
            var current = new byte[frame.Width * 3];
            line[0] = Up;
            for (var y = 0; y < frame.Height; y++)
            {
                if (y > 0 && frame.Row(y).SequenceEqual(frame.Row(y - 1)))
                {
                    // Most rows of a desktop are like the one above.
                    line.AsSpan(1).Clear();
                    zlib.Write(line);
                    continue;
                }

                ToRgb(frame.Row(y), current);
                Subtract(current, above, line.AsSpan(1));
                zlib.Write(line);
                (above, current) = (current, above);
            }
        }

        EndChunk(output, data);
        EndChunk(output, BeginChunk(output, "IEND"));
        return output.ToArray();
    }

    public static byte[] WriteGrey(byte[] pixels, int width, int height)
    {
        using var output = new MemoryStream(pixels.Length / 4);
        WriteStart(output, width, height, colorType: 0);
        var data = BeginChunk(output, "IDAT");
        using (var zlib = new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels, y * width, width);
            }
        }

        EndChunk(output, data);
        EndChunk(output, BeginChunk(output, "IEND"));
        return output.ToArray();
    }

    private static void Subtract(ReadOnlySpan<byte> current, ReadOnlySpan<byte> above, Span<byte> target)
    {
        var i = 0;
        for (; i <= target.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            (new Vector<byte>(current[i..]) - new Vector<byte>(above[i..])).CopyTo(target[i..]);
        }

        for (; i < target.Length; i++)
        {
            target[i] = (byte)(current[i] - above[i]);
        }
    }

    private static void ToRgb(ReadOnlySpan<byte> source, Span<byte> target)
    {
        // Four pixels at a time, as three whole numbers.
        var pixels = MemoryMarshal.Cast<byte, uint>(source);
        var packed = MemoryMarshal.Cast<byte, uint>(target);
        var pixel = 0;
        for (var number = 0; number + 3 <= packed.Length; number += 3, pixel += 4)
        {
            var (first, second, third, fourth) = (Turn(pixels[pixel]), Turn(pixels[pixel + 1]), Turn(pixels[pixel + 2]), Turn(pixels[pixel + 3]));
            packed[number] = first | (second << 24);
            packed[number + 1] = (second >> 8) | (third << 16);
            packed[number + 2] = (third >> 16) | (fourth << 8);
        }

        for (int from = pixel * 4, to = pixel * 3; to < target.Length; from += 4, to += 3)
        {
            target[to] = source[from + 2];
            target[to + 1] = source[from + 1];
            target[to + 2] = source[from];
        }
    }

    // From blue, green, red, unused to red, green, blue, nothing.
    private static uint Turn(uint pixel) => BinaryPrimitives.ReverseEndianness(pixel) >> 8;

    private static void WriteStart(MemoryStream output, int width, int height, byte colorType)
    {
        output.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        var chunk = BeginChunk(output, "IHDR");
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = colorType;
        output.Write(header);
        EndChunk(output, chunk);
    }

    /// <returns>Where the chunk's type begins.</returns>
    private static int BeginChunk(MemoryStream output, string type)
    {
        output.Write([0, 0, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(type)]);
        return (int)output.Position - 4;
    }

    private static void EndChunk(MemoryStream output, int start)
    {
        var buffer = output.GetBuffer().AsSpan();
        var end = (int)output.Position;
        BinaryPrimitives.WriteInt32BigEndian(buffer[(start - 4)..], end - start - 4);
        Span<byte> check = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(check, Crc32.HashToUInt32(buffer[start..end]));
        output.Write(check);
    }
}
