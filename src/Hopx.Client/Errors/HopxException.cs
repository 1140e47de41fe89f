using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>What went wrong, with which value, and what to do next; a code for programs, a sentence for people and models.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "An error without a code helps nobody.")]
public sealed class HopxException(HopxErrorCode code, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public HopxErrorCode Code { get; } = code;

    /// <summary>HTTP status of the answer; null when there was none.</summary>
    public int? StatusCode { get; init; }

    /// <summary>Identifier of the failed request, for the operator's log.</summary>
    public string? RequestId { get; init; }

    /// <summary>Path that the error is about, for file errors.</summary>
    public string? Path { get; init; }

    /// <summary>What the template lacks, where there is no desktop.</summary>
    public IReadOnlyList<string>? MissingDependencies { get; init; }

    /// <summary>How long to wait before another try, when the service said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The limit that was reached, where the error is about one.</summary>
    public long? Limit { get; init; }

    /// <summary>How much of the limit is in use.</summary>
    public long? Current { get; init; }

    /// <summary>Whether the same call can succeed later without a change by the caller.</summary>
    public bool IsTransient => Code is HopxErrorCode.RateLimitExceeded or HopxErrorCode.ResourceLimitError or HopxErrorCode.ServiceUnavailable
        or HopxErrorCode.Unreachable or HopxErrorCode.SandboxCreating;

    /// <summary>Whether the service does not know the route at all, as HopX's own does not know what hopx-mcp's agent adds.</summary>
    public bool MeansUnknownRoute => Code is HopxErrorCode.MethodNotAllowed || (StatusCode is 404 && Code is HopxErrorCode.ResourceNotFound or HopxErrorCode.NotFound or HopxErrorCode.Unknown);

    /// <summary>Whether the sandbox is gone or was never there for this caller.</summary>
    public bool MeansSandboxGone => Code is HopxErrorCode.SandboxNotFound or HopxErrorCode.SandboxExpired;
}
