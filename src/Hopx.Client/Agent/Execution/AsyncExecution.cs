using System.Text;

namespace Hopx.Client;

/// <summary>Body of <c>POST /execute/async</c>: run code, then tell an address what came of it.</summary>
public sealed record AsyncExecuteRequest : ExecuteRequest
{
    public string? Name { get; init; }

    /// <summary>Where the result is posted.</summary>
    public string? CallbackUrl { get; init; }

    /// <summary>More headers of that request; the agent's own win.</summary>
    public IReadOnlyDictionary<string, string>? CallbackHeaders { get; init; }

    /// <summary>Key of the signature in <c>X-HOPX-Signature</c>; no signature without one.</summary>
    public string? CallbackSignatureSecret { get; init; }

    // Records print all that they hold, and whatever is printed ends in a log one day.
    protected override bool PrintMembers(StringBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Append("CallbackUrl = ***");
        return true;
    }
}

/// <summary>Answer of <c>POST /execute/async</c>.</summary>
public sealed record AsyncExecution
{
    public required string ExecutionId { get; init; }

    public string? ProcessId { get; init; }

    public JobStatus Status { get; init; }

    public string? CallbackUrl { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}

/// <summary>What is posted to the callback address.</summary>
public sealed record AsyncExecutionResult
{
    public required string ExecutionId { get; init; }

    /// <summary><c>completed</c>, <c>failed</c> or <c>timeout</c>.</summary>
    public required string Status { get; init; }

    public bool Success { get; init; }

    public string? Stdout { get; init; }

    public string? Stderr { get; init; }

    public int ExitCode { get; init; }

    public double ExecutionTime { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? Error { get; init; }
}
