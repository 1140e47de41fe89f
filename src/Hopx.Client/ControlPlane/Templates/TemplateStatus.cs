using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Whether a template can be used yet.</summary>
[JsonConverter(typeof(LenientEnumConverter<TemplateStatus>))]
public enum TemplateStatus
{
    /// <summary>A state that this client does not know yet.</summary>
    Unknown,
    Pending,
    Building,
    Publishing,
    Active,
    Failed,
    Archived,
}
