using System.Text.Json.Serialization;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>How a sandbox that is kept ready is written into the state file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(WarmSandbox))]
internal sealed partial class WarmFacts : JsonSerializerContext;
