namespace Hopx.Client;

/// <summary>
/// Body of <c>POST /desktop/act</c>, an addition to HopX: does the actions in order, waits until the screen has settled, and answers with the picture.
/// </summary>
public sealed record ActRequest
{
    /// <summary>At most 100; none only looks.</summary>
    public IReadOnlyList<DesktopAction>? Actions { get; init; }

    public SettleRequest? Settle { get; init; }

    /// <summary>Width that the caller takes the screen to have: with another one nothing is done, since the coordinates would mean other places.</summary>
    public int? ScreenWidth { get; init; }

    public int? ScreenHeight { get; init; }

    /// <summary>No picture when null.</summary>
    public ScreenshotRequest? Screenshot { get; init; }
}

/// <summary>
/// One action. <see cref="Type"/> is <c>move</c>, <c>click</c>, <c>mouse_down</c>, <c>mouse_up</c>, <c>drag</c>, <c>scroll</c>, <c>type</c>, <c>key</c>,
/// <c>hold_key</c> or <c>wait</c>. Coordinates are pixels of the screen; absent means where the pointer is.
/// </summary>
public sealed record DesktopAction
{
    public required string Type { get; init; }

    public int? X { get; init; }

    public int? Y { get; init; }

    /// <summary><c>left</c> (default), <c>middle</c>, <c>right</c>, <c>back</c> or <c>forward</c>.</summary>
    public string? Button { get; init; }

    /// <summary>Of a click; 1 when absent.</summary>
    public int? Clicks { get; init; }

    /// <summary>Keys held down during a click, drag or scroll.</summary>
    public IReadOnlyList<string>? Modifiers { get; init; }

    /// <summary>Points of a drag; one alone is dragged to from where the pointer is.</summary>
    public IReadOnlyList<ScreenPoint>? Path { get; init; }

    /// <summary>Wheel notches; positive is right.</summary>
    public int? ScrollX { get; init; }

    /// <summary>Wheel notches; positive is down.</summary>
    public int? ScrollY { get; init; }

    /// <summary>Of <c>type</c>.</summary>
    public string? Text { get; init; }

    /// <summary>Of <c>key</c> and <c>hold_key</c>: keys pressed together, in this order; each a character or a name, or a combination such as <c>ctrl+c</c>.</summary>
    public IReadOnlyList<string>? Keys { get; init; }

    /// <summary>Of <c>key</c>: how often; 1 when absent.</summary>
    public int? Repeat { get; init; }

    /// <summary>Of <c>wait</c> and <c>hold_key</c>.</summary>
    public int? DurationMs { get; init; }
}

/// <summary>A point of the screen, in pixels.</summary>
public sealed record ScreenPoint
{
    public int X { get; init; }

    public int Y { get; init; }
}

/// <summary>When the screen counts as settled.</summary>
public sealed record SettleRequest
{
    /// <summary>Time without any change that is enough; 100 when absent.</summary>
    public int? QuietMs { get; init; }

    /// <summary>Time after which the answer comes in any case; 2000 when absent, at most 30000.</summary>
    public int? MaxMs { get; init; }

    /// <summary>Time in which the first change has to come, or the actions count as without effect; 150 when absent.</summary>
    public int? FirstMs { get; init; }
}

/// <summary>What came of the actions.</summary>
public sealed record ActResult
{
    /// <summary>Actions that were done; fewer than were asked for only beside <see cref="Refused"/>.</summary>
    public int Done { get; init; }

    /// <summary>Why the next action was not done; the picture shows what the others led to.</summary>
    public string? Refused { get; init; }

    /// <summary>Whether a pixel of the screen differs from before.</summary>
    public bool Changed { get; init; }

    /// <summary>Where the screen differs from before; at most 16 rectangles.</summary>
    public IReadOnlyList<ScreenRegion>? ChangedRegions { get; init; }

    /// <summary>False when the screen still changed when the time was up.</summary>
    public bool Settled { get; init; }

    /// <summary>From the last action to the answer's picture.</summary>
    public double SettleMs { get; init; }

    public ScreenPoint? Pointer { get; init; }

    /// <summary>Null when no window has the focus.</summary>
    public DesktopWindow? ActiveWindow { get; init; }

    public int ScreenWidth { get; init; }

    public int ScreenHeight { get; init; }

    public Screenshot? Screenshot { get; init; }

    /// <summary>What the caller should know besides, such as that the X server had died and was started again.</summary>
    public IReadOnlyList<string>? Notices { get; init; }
}

/// <summary>A rectangle of the screen, in pixels.</summary>
public sealed record ScreenRegion
{
    public int X { get; init; }

    public int Y { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }
}
