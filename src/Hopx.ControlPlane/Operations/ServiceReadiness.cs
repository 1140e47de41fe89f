using System.Text.Json.Serialization;

namespace Hopx.ControlPlane.Operations;

/// <summary>Whether a server can do its work now.</summary>
/// <param name="Status"><c>ready</c> or <c>not_ready</c>.</param>
/// <param name="Checks">What was looked at: <c>ok</c>, or <c>failed</c>, of which the server's log tells more.</param>
internal sealed record ServiceReadiness(string Status, IReadOnlyDictionary<string, string> Checks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ServiceReadiness))]
internal sealed partial class ReadinessJson : JsonSerializerContext;
