using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>What sandboxes are made from: a root file system with its default resources.</summary>
public sealed record Template
{
    /// <summary>Numeric text.</summary>
    [JsonConverter(typeof(FlexibleStringConverter))]
    public required string? Id { get; init; }

    [AllowNull]
    public string Object { get => field ?? "template"; init; }

    public required string Name { get; init; }

    public string? DisplayName { get; init; }

    public string? Description { get; init; }

    public string? Category { get; init; }

    public string? Language { get; init; }

    public TemplateResources? DefaultResources { get; init; }

    public TemplateResources? MinResources { get; init; }

    public TemplateResources? MaxResources { get; init; }

    [AllowNull]
    public IReadOnlyList<string> Features { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<string> Tags { get => field ?? []; init; }

    public int? PopularityScore { get; init; }

    /// <summary>True when the service does not say.</summary>
    public bool IsActive { get; set; } = true;

    public bool? IsPublic { get; init; }

    public TemplateStatus Status { get; init; }

    public string? BuildId { get; init; }

    [JsonConverter(typeof(FlexibleStringConverter))]
    public string? OrganizationId { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>Resources of a template, in the units of HopX's template API.</summary>
public sealed record TemplateResources
{
    public required int Vcpu { get; init; }

    public required int MemoryMb { get; init; }

    public required int DiskGb { get; init; }
}
