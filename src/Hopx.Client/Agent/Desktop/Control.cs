namespace Hopx.Client;

/// <summary>Body of <c>POST /desktop/control/take</c>, an addition to HopX: a person takes mouse and keyboard, and nobody else acts until they are given back.</summary>
public sealed record TakeControlRequest
{
    /// <summary>Whom the others are told about; at most 100 characters, <c>A person</c> when absent.</summary>
    public string? Holder { get; init; }

    /// <summary>After how long control ends in any case, from 10 to 3600; 600 when absent.</summary>
    public int? Seconds { get; init; }
}

/// <summary>Body of <c>/desktop/control/renew</c> and <c>/desktop/control/release</c>.</summary>
public sealed record HeldControlRequest
{
    /// <summary>What the answer to the taking named.</summary>
    public string? Lease { get; init; }

    /// <summary>Of a renewal: the time from now, from 10 to 3600; 600 when absent.</summary>
    public int? Seconds { get; init; }
}

/// <summary>Body of <c>/desktop/control/wait</c>.</summary>
public sealed record ControlWaitRequest
{
    /// <summary>Identifier of the last take-over that the caller knows of; what ended after it is waited for.</summary>
    public string? Known { get; init; }

    /// <summary>How long at most, from 0 to 300; 30 when absent.</summary>
    public int? Seconds { get; init; }
}

/// <summary>Who has mouse and keyboard.</summary>
public sealed record DesktopControl
{
    /// <summary>Whether a person has them, so that the input of all others is refused.</summary>
    public bool Taken { get; init; }

    public string? Holder { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>When control ends at the latest, unless it is renewed.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The secret that renews and releases; only in the answer to the taking.</summary>
    public string? Lease { get; init; }

    /// <summary>The take-over that ended last; null when there was none since the desktop started.</summary>
    public TakeOverReport? Last { get; init; }
}

/// <summary>What became of the screen while a person had control.</summary>
public sealed record TakeOverReport
{
    public required string Id { get; init; }

    public required string Holder { get; init; }

    public DateTimeOffset Since { get; init; }

    public DateTimeOffset EndedAt { get; init; }

    /// <summary><c>released</c>, <c>expired</c>, or <c>left</c> when nobody was connected any more.</summary>
    public required string Ending { get; init; }

    /// <summary>Where the screen differs from before; at most 16 rectangles.</summary>
    public IReadOnlyList<ScreenRegion>? ChangedRegions { get; init; }

    public IReadOnlyList<DesktopWindow>? OpenedWindows { get; init; }

    public IReadOnlyList<DesktopWindow>? ClosedWindows { get; init; }

    public DesktopWindow? ActiveWindow { get; init; }

    /// <summary>All of this in sentences, as whoever acts next is told.</summary>
    public required string Summary { get; init; }
}
