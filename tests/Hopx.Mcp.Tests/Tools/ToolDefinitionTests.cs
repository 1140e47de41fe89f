using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hopx.Mcp.Tools;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tests.Tools;

/// <summary>What models read. The definitions are kept as files; HOPX_UPDATE_SNAPSHOTS=1 writes them anew.</summary>
public sealed partial class ToolDefinitionTests : CloudTest
{
    private const int MaxListBytes = 12_000;
    private const int MaxDescription = 300;

    private static readonly JsonSerializerOptions Readable = new(McpJsonUtilities.DefaultOptions) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Definitions_are_what_the_code_says()
    {
        var folder = Folder();
        var made = Make();
        if (Environment.GetEnvironmentVariable("HOPX_UPDATE_SNAPSHOTS") is "1")
        {
            foreach (var file in Directory.GetFiles(folder, "*.json"))
            {
                File.Delete(file);
            }

            foreach (var tool in made)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, tool.Name + ".json"), Write(tool), Stop);
            }
        }

        Assert.Equal(Directory.GetFiles(folder, "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal), made.Select(tool => tool.Name));
        foreach (var tool in made)
        {
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, tool.Name + ".json"), Stop), Write(tool));
        }
    }

    [Fact]
    public async Task Clients_get_the_stored_definitions()
    {
        foreach (var tool in await ListAsync([.. Toolsets.All.Keys]))
        {
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder(), tool.Name + ".json"), Stop), Write(tool));
        }
    }

    [Fact]
    public async Task All_definitions_together_are_small()
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new ListToolsResult { Tools = [.. await ListAsync([Toolsets.Default])] }, McpJsonUtilities.DefaultOptions).Length;

        Assert.True(bytes <= MaxListBytes, $"tools/list has {bytes} bytes; the budget is {MaxListBytes}.");
    }

    [Fact]
    public void Every_tool_stands_in_one_toolset() =>
        Assert.Equal(Make().Select(tool => tool.Name), Toolsets.All.Values.SelectMany(names => names).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Every_tool_states_all_hints_a_short_description_and_names_in_snake_case()
    {
        foreach (var tool in await ListAsync([.. Toolsets.All.Keys]))
        {
            Assert.NotNull(tool.Annotations?.ReadOnlyHint);
            Assert.NotNull(tool.Annotations.DestructiveHint);
            Assert.NotNull(tool.Annotations.IdempotentHint);
            Assert.NotNull(tool.Annotations.OpenWorldHint);
            Assert.InRange(tool.Description!.Length, 20, MaxDescription);
            Assert.Matches(SnakeCase(), tool.Name);
            Assert.All(tool.InputSchema.GetProperty("properties").EnumerateObject(), property => Assert.Matches(SnakeCase(), property.Name));
        }
    }

    private async Task<IReadOnlyList<Tool>> ListAsync(IReadOnlyList<string> toolsets)
    {
        await using var mcp = await McpHarness.StartAsync(Cloud, options => options.Toolsets = toolsets);
        return [.. (await mcp.Client.ListToolsAsync(cancellationToken: Stop)).Select(tool => tool.ProtocolTool)];
    }

    private static List<Tool> Make()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        return
        [
            .. ToolsExtensions.MakeFromCode(services)
                .Select(tool => CompactDefinition.Of(tool.ProtocolTool))
                .OrderBy(tool => tool.Name, StringComparer.Ordinal),
        ];
    }

    private static string Write(Tool tool) => JsonSerializer.Serialize(tool, Readable) + "\n";

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..", "src", "Hopx.Mcp", "Tools", "Definitions");

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}$")]
    private static partial Regex SnakeCase();
}
