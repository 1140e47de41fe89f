using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Pictures of the screen as callers get them.</summary>
internal static class ScreenPictures
{
    public static Screenshot Take(Screen screen, ScreenshotRequest request, DateTimeOffset now, bool withData)
    {
        PictureEncoder.Check(request);
        var region = ScreenReader.RegionOf(request.X, request.Y, request.Width, request.Height);
        using var frame = screen.Capture(region);
        return Encode(screen, frame, Math.Max(0, region?.X ?? 0), Math.Max(0, region?.Y ?? 0), request, now, withData);
    }

    /// <summary>The picture out of one that was taken already.</summary>
    public static Screenshot Show(Screen screen, Frame whole, ScreenshotRequest request, DateTimeOffset now, bool withData)
    {
        if (ScreenReader.RegionOf(request.X, request.Y, request.Width, request.Height) is not { } region)
        {
            return Encode(screen, whole, 0, 0, request, now, withData);
        }

        var part = Screen.Clip(region, whole.Width, whole.Height);
        using var cut = new Frame(part.Width, part.Height);
        for (var y = 0; y < part.Height; y++)
        {
            whole.Row(part.Y + y).Slice(part.X * Frame.PixelBytes, cut.Stride).CopyTo(cut.Row(y));
        }

        return Encode(screen, cut, part.X, part.Y, request, now, withData);
    }

    private static Screenshot Encode(Screen screen, Frame frame, int left, int top, ScreenshotRequest request, DateTimeOffset now, bool withData)
    {
        if (request.Cursor is true)
        {
            screen.DrawPointer(frame, left, top);
        }

        foreach (var mark in request.Marks ?? [])
        {
            MarkPainter.Draw(frame, mark, left, top);
        }

        var picture = PictureEncoder.Encode(frame, request);
        return new Screenshot
        {
            Type = withData ? "Buffer" : null,
            Data = withData ? [.. picture.Bytes.Select(value => (int)value)] : null,
            Image = Convert.ToBase64String(picture.Bytes),
            Format = picture.Format,
            Width = picture.Width,
            Height = picture.Height,
            Size = picture.Bytes.Length,
            Timestamp = now,
            SourceX = left,
            SourceY = top,
            SourceWidth = frame.Width,
            SourceHeight = frame.Height,
        };
    }
}
