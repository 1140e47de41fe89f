using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Turns pixels into the picture that the caller asked for: format, quality, longest edge, most bytes.</summary>
internal static class PictureEncoder
{
    private const int DefaultQuality = 80;
    private const int LowestQuality = 30;
    private const int SmallestEdge = 64;
    private const int MostMarks = 200;
    private const double ShrinkStep = 0.8;

    /// <summary>Says what is wrong with the request, before anything is done.</summary>
    public static void Check(ScreenshotRequest request)
    {
        _ = FormatOf(request);
        Range(request.Quality, 1, 100, "quality");
        Range(request.MaxEdge, SmallestEdge, 16_384, "max_edge");
        Range(request.MaxPixels, SmallestEdge * SmallestEdge, 256 * 1024 * 1024, "max_pixels");
        Range(request.MaxBytes, 4_096, 64 * 1024 * 1024, "max_bytes");
        if (request.Marks is { Count: > MostMarks })
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{request.Marks.Count} marks do not fit into a picture; give at most {MostMarks}.");
        }
    }

    public static Picture Encode(Frame frame, ScreenshotRequest request)
    {
        var format = FormatOf(request);
        var quality = request.Quality ?? DefaultQuality;
        var longest = Math.Max(frame.Width, frame.Height);
        var edge = Math.Min(request.MaxEdge ?? int.MaxValue, longest);
        if (request.MaxPixels is { } pixels && (long)frame.Width * frame.Height > pixels)
        {
            edge = Math.Min(edge, (int)(longest * Math.Sqrt((double)pixels / ((long)frame.Width * frame.Height))));
        }

        while (true)
        {
            var picture = EncodeAt(frame, edge, format, quality);
            if (request.MaxBytes is not { } most || picture.Bytes.Length <= most || edge <= SmallestEdge)
            {
                return picture;
            }

            // Fewer pixels cost a reader more than some artefacts do.
            if (string.IsNullOrEmpty(request.Format) && format is "png")
            {
                format = "jpeg";
            }
            else if (format is not "png" && quality > LowestQuality)
            {
                quality = Math.Max(LowestQuality, quality * 3 / 4);
            }
            else
            {
                edge = Math.Max(SmallestEdge, (int)(edge * ShrinkStep));
            }
        }
    }

    private static Picture EncodeAt(Frame frame, int edge, string format, int quality)
    {
        var longest = Math.Max(frame.Width, frame.Height);
        if (edge >= longest)
        {
            return new Picture(Write(frame, format, quality), format, frame.Width, frame.Height);
        }

        using var small = FrameScaler.Shrink(
            frame, Math.Max(1, (int)Math.Round((double)frame.Width * edge / longest)), Math.Max(1, (int)Math.Round((double)frame.Height * edge / longest)));
        return new Picture(Write(small, format, quality), format, small.Width, small.Height);
    }

    private static byte[] Write(Frame frame, string format, int quality) => format switch
    {
        "jpeg" => Codecs.Jpeg(frame, quality),
        "webp" => Codecs.WebP(frame, quality),
        _ => PngWriter.Write(frame),
    };

    private static string FormatOf(ScreenshotRequest request) => request.Format?.ToLowerInvariant() switch
    {
        null or "" or "png" or "image/png" => "png",
        "jpg" or "jpeg" or "image/jpeg" => "jpeg",
        "webp" or "image/webp" => "webp",
        _ => throw new HopxException(HopxErrorCode.InvalidRequest, $"The picture format '{request.Format}' is unknown. Use png, jpeg or webp."),
    };

    private static void Range(int? value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'{name}' is {value}; it must be from {least} to {most}.");
        }
    }
}

/// <summary>A finished picture.</summary>
internal sealed record Picture(byte[] Bytes, string Format, int Width, int Height)
{
    public string MediaType => $"image/{Format}";
}
