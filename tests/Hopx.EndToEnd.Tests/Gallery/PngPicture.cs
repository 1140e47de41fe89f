using System.Buffers.Binary;
using System.IO.Compression;

namespace Hopx.EndToEnd.Tests.Gallery;

/// <summary>The pixels of a PNG of 8 bits a channel, as matplotlib writes them.</summary>
internal sealed class PngPicture
{
    private const int SignatureBytes = 8;
    private const int ChunkOverheadBytes = 12;

    private readonly byte[] _pixels;
    private readonly int _bytesPerPixel;

    private PngPicture(int width, int height, int bytesPerPixel, byte[] pixels)
    {
        (Width, Height, _bytesPerPixel, _pixels) = (width, height, bytesPerPixel, pixels);
    }

    public int Width { get; }

    public int Height { get; }

    public (byte Red, byte Green, byte Blue) this[int x, int y]
    {
        get
        {
            var at = ((y * Width) + x) * _bytesPerPixel;
            return (_pixels[at], _pixels[at + 1], _pixels[at + 2]);
        }
    }

    public static PngPicture Decode(ReadOnlySpan<byte> png)
    {
        var (width, height, bytesPerPixel) = (0, 0, 0);
        using var packed = new MemoryStream();
        for (var rest = png[SignatureBytes..]; rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            var content = rest.Slice(SignatureBytes, length);
            switch (rest.Slice(4, 4))
            {
                case [(byte)'I', (byte)'H', (byte)'D', (byte)'R']:
                    width = BinaryPrimitives.ReadInt32BigEndian(content);
                    height = BinaryPrimitives.ReadInt32BigEndian(content[4..]);
                    bytesPerPixel = (content[8], content[9]) switch { (8, 2) => 3, (8, 6) => 4, _ => throw new NotSupportedException("The picture is not of 8 bits a channel.") };
                    break;
                case [(byte)'I', (byte)'D', (byte)'A', (byte)'T']:
                    packed.Write(content);
                    break;
                default:
                    break;
            }

            rest = rest[(length + ChunkOverheadBytes)..];
        }

        packed.Position = 0;
        using var unpacked = new ZLibStream(packed, CompressionMode.Decompress);
        var stride = width * bytesPerPixel;
        var pixels = new byte[height * stride];
        var above = new byte[stride];
        for (var y = 0; y < height; y++)
        {
            var filter = unpacked.ReadByte();
            var line = pixels.AsSpan(y * stride, stride);
            unpacked.ReadExactly(line);
            Unfilter(filter, line, above, bytesPerPixel);
            line.CopyTo(above);
        }

        return new PngPicture(width, height, bytesPerPixel, pixels);
    }

    private static void Unfilter(int filter, Span<byte> line, ReadOnlySpan<byte> above, int bytesPerPixel)
    {
        for (var i = 0; i < line.Length; i++)
        {
            var left = i < bytesPerPixel ? 0 : line[i - bytesPerPixel];
            var corner = i < bytesPerPixel ? 0 : above[i - bytesPerPixel];
            line[i] += (byte)(filter switch { 0 => 0, 1 => left, 2 => above[i], 3 => (left + above[i]) / 2, _ => Nearest(left, above[i], corner) });
        }
    }

    private static int Nearest(int left, int above, int corner)
    {
        var guess = left + above - corner;
        var (toLeft, toAbove, toCorner) = (Math.Abs(guess - left), Math.Abs(guess - above), Math.Abs(guess - corner));
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }
}
