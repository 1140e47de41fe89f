using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
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

    [Fact]
    public void So_is_the_number_of_pixels()
    {
        RequireJpeg();
        using var frame = Gradient(1920, 1080);

        var picture = PictureEncoder.Encode(frame, new ScreenshotRequest { MaxEdge = 1_568, MaxPixels = 1_000_000, Format = "jpeg" });

        Assert.InRange(picture.Width * picture.Height, 990_000, 1_000_000);
        Assert.Equal(1920.0 / 1080, (double)picture.Width / picture.Height, tolerance: 0.01);
    }

    [Fact]
    public void What_does_not_fit_as_PNG_becomes_JPEG_unless_a_format_was_asked_for()
    {
        RequireJpeg();
        using var frame = Noise(320, 200);

        var free = PictureEncoder.Encode(frame, new ScreenshotRequest { MaxBytes = 100_000 });
        var asked = PictureEncoder.Encode(frame, new ScreenshotRequest { MaxBytes = 100_000, Format = "png" });

        Assert.Equal(("image/jpeg", 320), (free.MediaType, free.Width));
        Assert.Equal("image/png", asked.MediaType);
        Assert.True(asked.Width < 320);
        Assert.True(Math.Max(free.Bytes.Length, asked.Bytes.Length) <= 100_000);
    }

    [Fact]
    public void A_mark_frames_its_place_and_stands_above_it()
    {
        using var frame = new Frame(200, 100);
        frame.Pixels.Clear();

        MarkPainter.Draw(frame, new ScreenMark { Number = 12, X = 60, Y = 40, Width = 50, Height = 20 }, originX: 10, originY: 0);

        Assert.All([(50, 40), (99, 59), (50, 59), (99, 40), (50, 35)], place => Assert.NotEqual([0, 0, 0], Pixel(frame, place)));
        Assert.All([(75, 50), (49, 40), (100, 50), (75, 61)], place => Assert.Equal([0, 0, 0], Pixel(frame, place)));
        Assert.Contains(Enumerable.Range(50, 9).Select(x => Pixel(frame, (x, 36))), pixel => pixel is [255, 255, 255]);
    }

    [Theory]
    [InlineData(-50, -50, 10, 10)]
    [InlineData(0, 0, 500, 500)]
    [InlineData(195, 98, 100, 100)]
    [InlineData(20, 20, 0, -5)]
    [InlineData(int.MinValue, int.MaxValue, int.MaxValue, int.MaxValue)]
    public void A_mark_that_reaches_out_of_the_picture_is_cut(int x, int y, int width, int height)
    {
        using var frame = new Frame(200, 100);

        MarkPainter.Draw(frame, new ScreenMark { Number = int.MinValue, X = x, Y = y, Width = width, Height = height }, originX: 0, originY: 0);
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

    private static void RequireJpeg() =>
        Assert.SkipUnless(NativeLibrary.TryLoad("libturbojpeg.so.0", out _), "libturbojpeg.so.0 is not on this machine: it is in the package libturbojpeg0 and in the template.");

    private static Frame Gradient(int width, int height)
    {
        var frame = new Frame(width, height);
        for (var i = 0; i < frame.Pixels.Length; i++)
        {
            frame.Pixels[i] = (byte)(i * 7);
        }

        return frame;
    }

    private static Frame Noise(int width, int height)
    {
        var frame = new Frame(width, height);
        new Random(1).NextBytes(frame.Pixels);
        return frame;
    }

    private static byte[] Pixel(Frame frame, (int X, int Y) place) => frame.Row(place.Y).Slice(place.X * 4, 3).ToArray();

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
