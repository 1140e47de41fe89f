namespace Hopx.Client;

/// <summary>A run that goes on only when somebody types something.</summary>
public sealed record InputWait
{
    /// <summary>The last line that it printed, most often its question.</summary>
    public string? Prompt { get; init; }

    /// <summary>What it reads: <c>stdin</c> or <c>terminal</c>.</summary>
    public string? Source { get; init; }

    /// <summary>Process that waits.</summary>
    public int? Pid { get; init; }

    /// <summary>Name of that process.</summary>
    public string? ProcessName { get; init; }
}
