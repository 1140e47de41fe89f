using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Body of <c>POST /v1/sandboxes</c>. One of the two template fields is required.</summary>
public sealed record CreateSandboxRequest
{
    /// <summary>Template identifier, or its name; wins over <see cref="TemplateName"/>.</summary>
    [JsonConverter(typeof(FlexibleStringConverter))]
    public string? TemplateId { get; init; }

    public string? TemplateName { get; init; }

    public string? Region { get; init; }

    /// <summary>Seconds until the sandbox is deleted; null: it lives until somebody deletes it.</summary>
    public long? TimeoutSeconds { get; init; }

    public bool? InternetAccess { get; init; }

    public IReadOnlyDictionary<string, string>? EnvVars { get; init; }
}
