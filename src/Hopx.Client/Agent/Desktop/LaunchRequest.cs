namespace Hopx.Client;

/// <summary>Body of <c>POST /desktop/launch</c>, an addition to HopX: starts a program on the desktop as its user.</summary>
public sealed record LaunchRequest
{
    /// <summary>A program, such as <c>chromium</c>; found as a shell would.</summary>
    public string? Program { get; init; }

    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>The user's home when absent.</summary>
    public string? Workdir { get; init; }

    /// <summary>Milliseconds to wait for a new window; 10000 when absent, 0 for not at all.</summary>
    public int? WaitMs { get; init; }
}

/// <summary>A program that was started on the desktop.</summary>
public sealed record LaunchResult
{
    public int Pid { get; init; }

    /// <summary>The window that appeared; null when none did in time.</summary>
    public DesktopWindow? Window { get; init; }
}
