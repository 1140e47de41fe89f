namespace Hopx.Client;

/// <summary>What the desktop's own programs wrote last.</summary>
public sealed record DesktopLogs
{
    public IReadOnlyList<string>? Logs { get; init; }
}

/// <summary>Processes of the desktop.</summary>
public sealed record DesktopProcesses
{
    public IReadOnlyList<DesktopProcess>? Processes { get; init; }
}

/// <summary>One process of the desktop.</summary>
public sealed record DesktopProcess
{
    public int Pid { get; init; }

    public string? Name { get; init; }

    public string? Command { get; init; }
}
