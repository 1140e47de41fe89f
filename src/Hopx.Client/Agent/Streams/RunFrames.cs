using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>First message of <c>/execute/stream</c>, <c>/stream</c> and <c>/stream/ipython</c>.</summary>
public sealed record ExecuteStreamRequest : ExecuteRequest
{
    [AllowNull]
    public string Type { get => field ?? "execute"; init; }
}

/// <summary>First message of <c>/commands/stream</c>.</summary>
public sealed record CommandStreamRequest : CommandRequest
{
    [AllowNull]
    public string Type { get => field ?? "execute"; init; }
}

/// <summary>A later message of the client: <c>input</c> with data, <c>eof</c>, <c>interrupt</c> or <c>signal</c>.</summary>
public sealed record RunStreamInput
{
    public string? Type { get; init; }

    public string? Data { get; init; }

    /// <summary><c>utf-8</c>, the default, or <c>base64</c>.</summary>
    public string? Encoding { get; init; }

    /// <summary>Name or number, for <c>signal</c>.</summary>
    public string? Signal { get; init; }
}

/// <summary>A message about a run: <c>stdout</c> and <c>stderr</c> with data, <c>waiting_for_input</c>, or <c>complete</c>, the last one. What came of the run is in the one before, <c>result</c>.</summary>
public sealed record RunFrame
{
    public required string Type { get; init; }

    public string? Data { get; init; }

    public bool? Success { get; init; }

    public int? ExitCode { get; init; }

    public InputWait? WaitingForInput { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
