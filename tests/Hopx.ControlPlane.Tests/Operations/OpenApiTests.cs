using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.ControlPlane.Operations;
using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Tests.Operations;

/// <summary>The description that is served is of the routes that are served, and of those that the clients of the service know.</summary>
public sealed class OpenApiTests : IDisposable
{
    /// <summary>Set, the file is written anew instead of compared.</summary>
    private const string UpdateVariable = "HOPX_UPDATE_SNAPSHOTS";

    /// <summary>Operations of the service that this server does not have yet: it has no builds over HTTP.</summary>
    private static readonly string[] KnownToBeMissing =
    [
        "DELETE /v1/templates/{}",
        "GET /v1/templates/build/{}/logs",
        "GET /v1/templates/build/{}/status",
        "POST /v1/templates/build",
        "POST /v1/templates/files/upload-link",
    ];

    /// <summary>Fields that no client reads and that mean nothing here, and those that the service itself ignores: resources come from the template.</summary>
    private static readonly string[] KnownToBeLess = ["disk_gb", "memory_mb", "vcpu", "docs_url", "fluent_api_config", "icon", "organization_id", "popularity_score"];

    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_description_is_that_of_the_routes()
    {
        var made = await DescribedApplication.DescribeAsync(_home.Path, TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            await File.WriteAllTextAsync(Path.Combine(AgentSources.Above(AppContext.BaseDirectory)!.Root, "src", "Hopx.ControlPlane", "Operations", "openapi.json"), made, TestContext.Current.CancellationToken);
            return;
        }

        Assert.True(
            made == Encoding.UTF8.GetString(OpenApiDocument.Read()),
            $"The routes are not what src/Hopx.ControlPlane/Operations/openapi.json says. Run this test with {UpdateVariable}=1, look at what changed, and build again.");
    }

    [Fact]
    public void Every_operation_of_the_service_is_served_but_for_the_builds_of_templates()
    {
        var served = Served().Select(Name).ToHashSet();

        Assert.Equal(KnownToBeMissing, OfTheService().Select(Name).Where(name => !served.Contains(name)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_field_that_the_service_takes_or_answers_with_is_there()
    {
        var served = Served().ToDictionary(Name);
        var missing = OfTheService()
            .Where(operation => served.ContainsKey(Name(operation)))
            .SelectMany(operation => new[] { "query", "request", "response", "status" }.SelectMany(part => Values(operation[part]).Except(Values(served[Name(operation)][part])).Select(field => $"{Name(operation)} {part}: {field}")))
            .Where(field => !KnownToBeLess.Contains(field.Split(' ')[^1]));

        Assert.Empty(missing);
    }

    private static IEnumerable<string> Values(JsonNode? array) => array!.AsArray().Select(value => value!.GetValue<string>());

    private static List<JsonNode> OfTheService() =>
        [.. JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Operations", "service-operations.json")))!.AsArray().Select(operation => operation!)];

    // What a placeholder is called is the server's own business.
    private static string Name(JsonNode operation) =>
        operation["method"]!.GetValue<string>() + " " + string.Join('/', operation["path"]!.GetValue<string>().Split('/').Select(part => part.StartsWith('{') ? "{}" : part));

    private static List<JsonNode> Served()
    {
        var document = JsonNode.Parse(OpenApiDocument.Read())!;
        var served = new List<JsonNode>();
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            foreach (var (method, operation) in operations!.AsObject())
            {
                var (status, answer) = operation!["responses"]!.AsObject().First(response => response.Key.StartsWith('2'));
                served.Add(JsonSerializer.SerializeToNode(new Dictionary<string, object>
                {
                    ["method"] = method.ToUpperInvariant(),
                    ["path"] = path.Length > 1 ? path.TrimEnd('/') : path,
                    ["status"] = new[] { status },
                    ["query"] = (operation["parameters"]?.AsArray() ?? []).Where(parameter => parameter!["in"]!.GetValue<string>() is "query").Select(parameter => parameter!["name"]!.GetValue<string>()).ToArray(),
                    ["request"] = Fields(document, operation["requestBody"]?["content"]?["application/json"]?["schema"]),
                    ["response"] = Fields(document, answer?["content"]?.AsObject().FirstOrDefault().Value?["schema"]),
                })!);
            }
        }

        return served;
    }

    private static string[] Fields(JsonNode document, JsonNode? schema)
    {
        while (schema?["$ref"]?.GetValue<string>() is { } reference)
        {
            schema = document["components"]!["schemas"]![reference.Split('/')[^1]];
        }

        return schema?["oneOf"]?.AsArray() is { } either ? [.. either.SelectMany(one => Fields(document, one))]
            : [.. (schema?["properties"]?.AsObject() ?? []).Select(property => property.Key)];
    }
}
