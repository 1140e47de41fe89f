using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>A sandbox as the control plane describes it.</summary>
public sealed record Sandbox
{
    /// <summary>Identifier; digits and lower-case letters only, so that it can stand in a host name.</summary>
    public required string Id { get; init; }

    /// <summary>The same as <see cref="Id"/>: some clients read this spelling first.</summary>
    public string? SandboxId => Id;

    [AllowNull]
    public string Object { get => field ?? "sandbox"; init; }

    public required SandboxStatus Status { get; init; }

    /// <summary>Why it is in a state that nobody asked for; only from the embedded control plane.</summary>
    public string? StatusReason { get; init; }

    [JsonConverter(typeof(FlexibleStringConverter))]
    public string? TemplateId { get; init; }

    public string? TemplateName { get; init; }

    public long OrganizationId { get; init; }

    public string? NodeId { get; init; }

    public string? Region { get; init; }

    public SandboxResources? Resources { get; init; }

    public bool InternetAccess { get; init; }

    public bool LiveMode { get; init; }

    /// <summary>Lifetime in seconds; null when the sandbox lives until it is deleted.</summary>
    public long? TimeoutSeconds { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Base URL of the agent in the sandbox, with scheme.</summary>
    public string? PublicHost { get; init; }

    public string? DirectUrl { get; init; }

    public string? PreviewUrl { get; init; }

    /// <summary>Token for the agent; only in the answer to a create.</summary>
    public string? AuthToken { get; init; }

    public DateTimeOffset? TokenExpiresAt { get; init; }

    /// <summary>How each limit is held (<c>kernel</c>, <c>per-process</c>, <c>watchdog</c>, <c>not-enforced</c>); only from the embedded control plane.</summary>
    public IReadOnlyDictionary<string, string>? Limits { get; init; }

    public string? RequestId { get; init; }
}
