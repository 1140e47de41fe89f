namespace Hopx.Client;

/// <summary>A Python kernel of the sandbox.</summary>
public sealed record KernelSession
{
    /// <summary>Identifies it.</summary>
    public required string KernelId { get; init; }

    /// <summary>What <see cref="ExecuteRequest.Kernel"/> names it.</summary>
    public string? Name { get; init; }

    public string? Language { get; init; }

    /// <summary><c>idle</c> or <c>busy</c>.</summary>
    public string? ExecutionState { get; init; }

    public int Connections { get; init; }

    public DateTimeOffset? LastActivity { get; init; }

    public int? Pid { get; init; }
}
