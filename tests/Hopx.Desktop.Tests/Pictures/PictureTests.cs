using System.Buffers.Binary;
using System.IO.Compression;
using Hopx.Client;

namespace Hopx.Desktop.Tests.Pictures;

public sealed class PictureTests
{
    [Fact]
    public void A_PNG_holds_the_pixels_that_went_in()
    {
        using var frame = Gradient(37, 11);

        var png = PngWriter.Write(frame);

        Assert.Equal((37, 11), (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))));
        var rows = Unpack(png, 37 * 3, 11);
        for (var y = 0; y < 11; y++)
        {
            for (var x = 0; x < 37; x++)
            {
                Assert.Equal([frame.Row(y)[(x * 4) + 2], frame.Row(y)[(x * 4) + 1], frame.Row(y)[x * 4]], rows[y][(x * 3)..((x * 3) + 3)]);
            }
        }
    }

    [Fact]
    public void Shrinking_averages_what_lies_under_a_pixel()
    {
        using var frame = new Frame(4, 2);
        for (var i = 0; i < 8; i++)
        {
            frame.Pixels.Slice(i * 4, 4).Fill((byte)(i * 10));
        }

        using var small = FrameScaler.Shrink(frame, 2, 1);

        // 0, 10, 40, 50 and 20, 30, 60, 70.
        Assert.Equal([25, 45], [small.Pixels[0], small.Pixels[4]]);
    }

    [Fact]
    public void A_flat_picture_stays_flat_at_any_size()
    {
        using var frame = new Frame(1280, 800);
        frame.Pixels.Fill(201);

        using var small = FrameScaler.Shrink(frame, 1021, 638);

        for (var i = 0; i < small.Width * small.Height; i++)
        {
            Assert.Equal(201, small.Pixels[i * 4]);
        }
    }

    [Fact]
    public void The_longest_edge_is_kept_to()
    {
        using var frame = Gradient(1280, 800);

        var picture = PictureEncoder.Encode(frame, new ScreenshotRequest { MaxEdge = 640 });

        Assert.Equal((640, 400, "image/png"), (picture.Width, picture.Height, picture.MediaType));
    }

    [Theory]
    [InlineData("bmp", null, null, "format 'bmp'")]
    [InlineData("jpeg", 0, null, "'quality' is 0")]
    [InlineData("png", null, 5, "'max_edge' is 5")]
    public void Wishes_that_cannot_be_met_are_explained(string format, int? quality, int? edge, string complaint)
    {
        var failure = Assert.Throws<HopxException>(() => PictureEncoder.Check(new ScreenshotRequest { Format = format, Quality = quality, MaxEdge = edge }));

        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    private static Frame Gradient(int width, int height)
    {
        var frame = new Frame(width, height);
        for (var i = 0; i < frame.Pixels.Length; i++)
        {
            frame.Pixels[i] = (byte)(i * 7);
        }

        return frame;
    }

    private static byte[][] Unpack(byte[] png, int rowBytes, int count)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        using var zlib = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress);
        var above = new byte[rowBytes];
        var rows = new byte[count][];
        for (var y = 0; y < count; y++)
        {
            Assert.Equal(2, zlib.ReadByte());
            rows[y] = new byte[rowBytes];
            zlib.ReadExactly(rows[y]);
            for (var i = 0; i < rowBytes; i++)
            {
                rows[y][i] += above[i];
            }

            above = rows[y];
        }

        return rows;
    }
}
