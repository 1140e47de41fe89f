using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Answer of <c>GET /info</c> of the agent.</summary>
public sealed record AgentInfo
{
    public string? Agent { get; init; }

    public string? Version { get; init; }

    public string? AgentVersion { get; init; }

    public string? VmId { get; init; }

    public string? Os { get; init; }

    public string? Arch { get; init; }

    public string? Platform { get; init; }

    [JsonConverter(typeof(FlexibleStringConverter))]
    public string? Port { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public string? Uptime { get; init; }

    public double UptimeSeconds { get; init; }

    public IReadOnlyDictionary<string, string>? Endpoints { get; init; }

    public AgentFeatures? Features { get; init; }
}
