using System.Text.Json.Nodes;
using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.Tests.Hosting;

public sealed class HalfCharactersTests
{
    [Fact]
    public void Half_a_character_is_replaced_and_nothing_else_changes()
    {
        var input = JsonNode.Parse("""{"a":["x\ud800y","\udc00","\ud83d\ude00","\\ud800"],"b":{"c":"\uDBFF\u0041"}}""");

        HalfCharacters.Mend(input);

        Assert.Equal(["x\ufffdy", "\ufffd", "\ud83d\ude00", "\\ud800"], input!["a"]!.AsArray().Select(item => item!.GetValue<string>()));
        Assert.Equal("\ufffdA", input["b"]!["c"]!.GetValue<string>());
    }
}
