using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Body of <c>POST /jobs/{id}/input</c>.</summary>
public sealed record JobInputRequest
{
    public string? Data { get; init; }

    /// <summary><c>utf-8</c>, the default, or <c>base64</c>.</summary>
    public string? Encoding { get; init; }

    /// <summary>Whether its standard input ends after this.</summary>
    public bool? Eof { get; init; }
}

/// <summary>Body of <c>POST /jobs/{id}/signal</c>.</summary>
public sealed record JobSignalRequest
{
    /// <summary>A name such as INT or SIGTERM, or a number.</summary>
    [JsonConverter(typeof(FlexibleStringConverter))]
    public string? Signal { get; init; }
}

/// <summary>Body of <c>/execute/kill</c>.</summary>
public sealed record KillRequest
{
    [JsonConverter(typeof(FlexibleStringConverter))]
    public string? ProcessId { get; init; }
}

/// <summary>Answer of the routes that kill.</summary>
public sealed record KillResult
{
    public string? ProcessId { get; init; }

    /// <summary><c>killed</c>, or how it had ended before.</summary>
    public JobStatus Status { get; init; }

    public bool Success { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
