using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Answer of <c>GET /health</c> of the agent.</summary>
public sealed record AgentHealth
{
    public required string Status { get; init; }

    public string? Agent { get; init; }

    public string? Version { get; init; }

    public string? Uptime { get; init; }

    public double UptimeSeconds { get; init; }

    public string? VmId { get; init; }

    public AgentFeatures? Features { get; init; }

    public int ActiveStreams { get; init; }
}

/// <summary>What the agent can do.</summary>
public sealed record AgentFeatures
{
    [JsonConverter(typeof(LenientBooleanConverter))]
    public bool CodeExecution { get; init; }

    [JsonConverter(typeof(LenientBooleanConverter))]
    public bool FileOperations { get; init; }

    [JsonConverter(typeof(LenientBooleanConverter))]
    public bool Terminal { get; init; }

    [JsonConverter(typeof(LenientBooleanConverter))]
    public bool Desktop { get; init; }

    [JsonConverter(typeof(LenientBooleanConverter))]
    public bool Jupyter { get; init; }

    public IReadOnlyList<string>? Languages { get; init; }
}
