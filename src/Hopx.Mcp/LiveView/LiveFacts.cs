using System.Text.Json.Serialization;

namespace Hopx.Mcp.LiveView;

/// <summary>What the page sends to open a session.</summary>
internal sealed record LiveTicketRequest
{
    public string? Ticket { get; init; }
}

/// <summary>What the page sends to take or keep control.</summary>
internal sealed record LiveControlRequest
{
    public int? Seconds { get; init; }
}

/// <summary>A session, as the page shows it.</summary>
internal sealed record LiveSessionFacts
{
    public required string Session { get; init; }

    public required string SandboxId { get; init; }

    public bool CanControl { get; init; }

    public string? Reason { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    public LiveControlFacts? Control { get; init; }
}

/// <summary>Who has mouse and keyboard.</summary>
internal sealed record LiveControlFacts
{
    public bool Taken { get; init; }

    public bool Mine { get; init; }

    public string? Holder { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What the agent is told, once control was given back.</summary>
    public string? Summary { get; init; }
}

/// <summary>Why something was refused.</summary>
internal sealed record LiveRefusal
{
    public required string Error { get; init; }

    public required string Code { get; init; }
}

/// <summary>What the page and this program tell each other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LiveTicketRequest))]
[JsonSerializable(typeof(LiveControlRequest))]
[JsonSerializable(typeof(LiveSessionFacts))]
[JsonSerializable(typeof(LiveControlFacts))]
[JsonSerializable(typeof(LiveRefusal))]
internal sealed partial class LiveJson : JsonSerializerContext;
