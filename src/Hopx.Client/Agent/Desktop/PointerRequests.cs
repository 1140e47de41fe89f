namespace Hopx.Client;

/// <summary>Body of <c>/desktop/mouse/click</c> and <c>/desktop/mouse/move</c>. Coordinates are pixels of the screen; absent means where the pointer is.</summary>
public sealed record PointerRequest
{
    public int? X { get; init; }

    public int? Y { get; init; }

    /// <summary><c>left</c> (default), <c>middle</c>, <c>right</c>, <c>back</c> or <c>forward</c>.</summary>
    public string? Button { get; init; }

    /// <summary>1 when absent.</summary>
    public int? Clicks { get; init; }
}

/// <summary>Body of <c>/desktop/mouse/drag</c> and <c>/desktop/x11/drag_drop</c>.</summary>
public sealed record DragRequest
{
    public int? FromX { get; init; }

    public int? FromY { get; init; }

    public int? ToX { get; init; }

    public int? ToY { get; init; }

    public string? Button { get; init; }
}

/// <summary>Body of <c>/desktop/mouse/scroll</c>: an amount of wheel notches in a direction, or signed amounts at a point.</summary>
public sealed record ScrollRequest
{
    public int? X { get; init; }

    public int? Y { get; init; }

    public int? Amount { get; init; }

    /// <summary><c>up</c>, <c>down</c>, <c>left</c> or <c>right</c>.</summary>
    public string? Direction { get; init; }

    /// <summary>Positive is right.</summary>
    public int? DeltaX { get; init; }

    /// <summary>Positive is down.</summary>
    public int? DeltaY { get; init; }
}
