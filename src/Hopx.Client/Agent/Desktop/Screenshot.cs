using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Which part of the screen to show, and how; all but the region is an addition to HopX, which sends native PNG.</summary>
public sealed record ScreenshotRequest
{
    /// <summary>Left edge of a region of the screen; the whole screen when no region is given.</summary>
    public int? X { get; init; }

    public int? Y { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    /// <summary><c>png</c>, <c>jpeg</c> or <c>webp</c>; when absent PNG, or JPEG where PNG would be larger than <see cref="MaxBytes"/>.</summary>
    public string? Format { get; init; }

    /// <summary>From 1 to 100 for JPEG and WebP; 80 when absent.</summary>
    public int? Quality { get; init; }

    /// <summary>Longest edge of the picture in pixels; a larger one is scaled down.</summary>
    public int? MaxEdge { get; init; }

    /// <summary>Most pixels of the picture; a larger one is scaled down.</summary>
    public int? MaxPixels { get; init; }

    /// <summary>Largest size of the picture; quality, then scale are lowered until it fits.</summary>
    public int? MaxBytes { get; init; }

    /// <summary>Whether the mouse pointer is drawn; false when absent.</summary>
    public bool? Cursor { get; init; }

    /// <summary>Places of the screen to number in the picture, at most 200; of a picture by <c>act</c> alone.</summary>
    public IReadOnlyList<ScreenMark>? Marks { get; init; }
}

/// <summary>A place of the screen that gets a frame and a number in a picture.</summary>
public sealed record ScreenMark
{
    public int Number { get; init; }

    public int X { get; init; }

    public int Y { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }
}

/// <summary>A picture of the screen as JSON.</summary>
public sealed record Screenshot
{
    /// <summary><c>Buffer</c> beside <see cref="Data"/>: a JavaScript client makes the picture's bytes from the two.</summary>
    public string? Type { get; init; }

    public IReadOnlyList<int>? Data { get; init; }

    /// <summary>Base64.</summary>
    public string? Image { get; init; }

    public string? Format { get; init; }

    /// <summary>Of the picture.</summary>
    public int Width { get; init; }

    public int Height { get; init; }

    public int Size { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Left edge on the screen of what is shown.</summary>
    public int SourceX { get; init; }

    public int SourceY { get; init; }

    /// <summary>Width on the screen of what is shown; 0 where the service does not say.</summary>
    public int SourceWidth { get; init; }

    public int SourceHeight { get; init; }

    [JsonIgnore]
    public byte[] Bytes => Image is { Length: > 0 } image ? Convert.FromBase64String(image) : [.. (Data ?? []).Select(value => (byte)value)];

    [JsonIgnore]
    public string MediaType => Format switch
    {
        "jpeg" or "jpg" => "image/jpeg",
        "webp" => "image/webp",
        _ => "image/png",
    };
}
