using System.Text.Json.Serialization;

namespace Hopx.Mcp.Tools;

/// <summary>A link to the desktop, or who has control of it.</summary>
internal sealed record LiveFacts
{
    public string? SandboxId { get; init; }

    public string? Status { get; init; }

    public string? Link { get; init; }

    public DateTimeOffset? LinkExpiresAt { get; init; }

    public string? Holder { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>What became of the screen while a person had control.</summary>
    public string? Changes { get; init; }

    public string? Note { get; init; }
}

/// <summary>What can be done about a take-over.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TakeOverAction>))]
internal enum TakeOverAction
{
    [JsonStringEnumMemberName("ask")]
    Ask,

    [JsonStringEnumMemberName("wait")]
    Wait,

    [JsonStringEnumMemberName("cancel")]
    Cancel,
}
