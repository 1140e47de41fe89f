using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Node;

/// <summary>The official SDK for JavaScript, with what goes on without its caller, is followed, or is a terminal.</summary>
public sealed class SdkRunTests(PreparedMachine machine, NodePackages packages)
{
    private const string Expected = """
        {
          "background": [true, true, "my code", 4, "python", "done\n"],
          "spellings": [true, true, true],
          "sleeper": ["running", true],
          "killed": ["killed", true],
          "killedByPid": true,
          "killedNone": "APIError",
          "async": ["queued", true, "completed", "42\n", "yes", "application/json"],
          "signature": [true, true],
          "stream": [51, "oops\n", ["result", "complete"], true],
          "badStream": ["error", "complete"],
          "terminal": true,
          "terminalExit": 5
        }
        """;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    [Fact]
    public async Task The_official_SDK_runs_in_the_background_is_called_back_streams_and_opens_a_terminal()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var server = await program.ServeAsync(new Dictionary<string, string> { ["HOPX_ALLOW_PRIVATE_CALLBACKS"] = "true", ["HOPX_WARM_SANDBOXES"] = "0" });

        var run = (await packages.RunAsync("runs.mjs", [server.Url.ToString().TrimEnd('/'), await server.KeyAsync()], program.Scratch)).Succeeded();

        Assert.Equal(JsonNode.Parse(Expected)!.ToJsonString(Readable), JsonNode.Parse(run.Output)!.ToJsonString(Readable));
    }
}
