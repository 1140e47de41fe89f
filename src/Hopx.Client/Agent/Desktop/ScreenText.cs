namespace Hopx.Client;

/// <summary>Body of <c>/desktop/x11/ocr</c>: the whole screen when no region is given.</summary>
public sealed record OcrRequest
{
    public int? X { get; init; }

    public int? Y { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    /// <summary>Tesseract's name of the language; <c>eng</c> when absent.</summary>
    public string? Language { get; init; }
}

/// <summary>What was read on the screen.</summary>
public sealed record OcrResult
{
    public string? Text { get; init; }

    /// <summary>Each word and where it is on the screen; absent where the service does not say.</summary>
    public IReadOnlyList<ScreenElement>? Words { get; init; }
}

/// <summary>Body of the routes that look for text on the screen.</summary>
public sealed record FindTextRequest
{
    public string? Text { get; init; }

    /// <summary>Seconds to wait for it; 30 when absent.</summary>
    public double? Timeout { get; init; }

    public string? Language { get; init; }
}

/// <summary>A place on the screen, in pixels.</summary>
public sealed record ScreenElement
{
    public int X { get; init; }

    public int Y { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    public string? Text { get; init; }

    /// <summary>From 0 to 100.</summary>
    public double? Confidence { get; init; }
}

/// <summary>Answer of find and wait: the best match, null when there is none.</summary>
public sealed record FoundElement
{
    public ScreenElement? Element { get; init; }

    public bool Found { get; init; }

    /// <summary>All matches, the best first.</summary>
    public IReadOnlyList<ScreenElement>? Elements { get; init; }
}
