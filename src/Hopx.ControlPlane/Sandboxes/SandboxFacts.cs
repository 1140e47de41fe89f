using System.Text.Json.Serialization;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>How a record is written into the state file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SandboxRecord))]
internal sealed partial class SandboxFacts : JsonSerializerContext;
