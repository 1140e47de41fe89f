using System.Text.Json;
using System.Text.Json.Serialization;
using Hopx.Client;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>What commands print for programs.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(VersionFacts))]
[JsonSerializable(typeof(DoctorFacts))]
[JsonSerializable(typeof(ServerFacts))]
[JsonSerializable(typeof(ServiceHealth))]
[JsonSerializable(typeof(IReadOnlyList<ApiKeyFacts>))]
[JsonSerializable(typeof(IReadOnlyList<Template>))]
[JsonSerializable(typeof(IReadOnlyList<Sandbox>))]
internal sealed partial class CommandJson : JsonSerializerContext;

internal sealed record VersionFacts(string Name, string Version, string Runtime, string System);

/// <summary>What a server is and where its parts are.</summary>
internal sealed record ServerFacts(string Name, string Version, string Mcp, string? Api, string Health, string? Docs);

internal sealed record ApiKeyFacts(string Id, string Name, long OrganizationId, string Scope, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);

internal sealed record DoctorFacts(bool Ready, string Summary, IReadOnlyList<DoctorCheckFacts> Checks);

/// <param name="Result"><c>ok</c>, <c>warn</c> or <c>fail</c>.</param>
internal sealed record DoctorCheckFacts(string Name, string Result, string Detail, string? Remedy);
