using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hopx.Client;
using Hopx.Mcp.Tools;

namespace Hopx.Mcp.Tests.Tools;

/// <summary>Holds the table of actions in docs/desktop.md against the code, and against what the makers of the models list.</summary>
public sealed partial class ConformanceTests : CloudTest
{
    private static readonly Dictionary<string, string[]> Lists = new()
    {
        ["20241022"] = ["key", "type", "mouse_move", "left_click", "left_click_drag", "right_click", "middle_click", "double_click", "screenshot", "cursor_position"],
        ["20250124"] =
        [
            "key", "type", "mouse_move", "left_click", "left_click_drag", "right_click", "middle_click", "double_click", "screenshot", "cursor_position",
            "hold_key", "left_mouse_down", "left_mouse_up", "scroll", "triple_click", "wait",
        ],
        ["20251124"] =
        [
            "key", "type", "mouse_move", "left_click", "left_click_drag", "right_click", "middle_click", "double_click", "screenshot", "cursor_position",
            "hold_key", "left_mouse_down", "left_mouse_up", "scroll", "triple_click", "wait", "zoom",
        ],
        ["OpenAI"] = ["click", "double_click", "drag", "keypress", "move", "screenshot", "scroll", "type", "wait"],
    };

    private static readonly JsonSerializerOptions Plain = new(HopxJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string, string, string> Examples() => [.. Rows().Select(row => (row.Name, row.Call, row.Engine))];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task The_engine_is_told_what_the_table_says(string name, string call, string engine)
    {
        var screen = new FakeScreen(Cloud) { Width = 2560, Height = 1600 };
        await using var mcp = await McpHarness.StartAsync(Cloud);
        (await mcp.CallAsync("screenshot", new { max_edge = 1280, conversation = "table" }, Stop)).Succeeded();

        var arguments = JsonDocument.Parse(call).RootElement.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value.Clone());
        var text = (await mcp.CallAsync("computer", new Dictionary<string, object?>(arguments) { ["conversation"] = "table" }, Stop)).Succeeded().Text();

        Assert.Contains(name, text, StringComparison.Ordinal);
        var actions = JsonSerializer.Serialize(screen.Last.Actions ?? [], Plain);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(engine), JsonNode.Parse(actions)), $"The engine was told {actions}");
        Assert.Equal(name is "zoom" ? (200, 200, 400, 200) : (null, null, null, null), (screen.Last.Screenshot!.X, screen.Last.Screenshot.Y, screen.Last.Screenshot.Width, screen.Last.Screenshot.Height));
    }

    [Fact]
    public void Every_action_of_every_model_stands_in_the_table_and_nothing_else()
    {
        var rows = Rows();

        foreach (var (of, names) in Lists)
        {
            Assert.Equal(names.Order(StringComparer.Ordinal), rows.Where(row => row.Of.Contains(of, StringComparison.Ordinal)).Select(row => row.Name).Distinct().Order(StringComparer.Ordinal));
        }

        Assert.Equal(ComputerActions.Names.Order(StringComparer.Ordinal), rows.Select(row => row.Name).Distinct().Order(StringComparer.Ordinal));
    }

    private static List<(string Name, string Of, string Call, string Engine)> Rows() =>
        [.. Row().Matches(File.ReadAllText(Document())).Select(row => (row.Groups["name"].Value, row.Groups["of"].Value, row.Groups["call"].Value, row.Groups["engine"].Value))];

    private static string Document([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..", "..", "docs", "desktop.md");

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| (?<of>(?:Anthropic|OpenAI)[^|]*) \| `(?<call>\{.*?\})` \| `(?<engine>\[.*?\])`(?: and [^|]*)? \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
