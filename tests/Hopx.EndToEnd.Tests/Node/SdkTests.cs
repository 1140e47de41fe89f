using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Node;

/// <summary>The official SDK for JavaScript, unchanged but for the address that it is given.</summary>
public sealed class SdkTests(ServedProgram program, NodePackages packages) : IClassFixture<ServedProgram>
{
    // The SDK takes whatever was not found for a file, templates too.
    private const string Expected = """
        {
          "health": "healthy",
          "templates": ["base", "code-interpreter", "desktop"],
          "info": [true, "running", "code-interpreter", false],
          "listed": true,
          "healthy": true,
          "python": [true, "hello", 0],
          "javascript": "42",
          "failing": [false, true],
          "plot": true,
          "command": ["/tmp\nhello\n", "oops\n", 3],
          "read": "äöü €",
          "exists": [true, false],
          "bytes": true,
          "upload": true,
          "list": ["a.txt 10 true", "bytes.bin 1048576 true", "uploaded.bin 1048576 true"],
          "removed": false,
          "missing": "FileNotFoundError",
          "env": ["green", "good bye green"],
          "envDeleted": "[]",
          "setTimeout": true,
          "connected": 2,
          "killed": "SandboxExpiredError",
          "unknownTemplate": "FileNotFoundError",
          "wrongKey": "AuthenticationError",
          "left": 0
        }
        """;

    private const string ExpectedLife = """
        {
          "created": ["running", "string"],
          "info": ["base", true, true, true, true],
          "paused": "paused",
          "pausedCall": true,
          "resumed": ["running", "kept"],
          "connectWakes": ["running", "kept"],
          "expiry": [false, true, true, false, true],
          "token": [true, true, true],
          "health": ["healthy", true, "string"],
          "agentUrl": true,
          "list": [3, 1, 2, 1],
          "regions": [3, 0],
          "iter": true,
          "templates": ["72", true],
          "unknownRegion": "APIError INVALID_REQUEST",
          "absurdTimeout": "Error",
          "gone": ["SandboxExpiredError", "SandboxExpiredError", "SandboxExpiredError", "SandboxExpiredError"]
        }
        """;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    [Fact]
    public async Task The_official_SDK_does_all_of_a_sandbox_s_life()
    {
        var run = (await packages.RunAsync("sdk.mjs", [program.Server.Url.ToString().TrimEnd('/'), await program.Server.KeyAsync()], program.Scratch)).Succeeded();

        Assert.Equal(JsonNode.Parse(Expected)!.ToJsonString(Readable), JsonNode.Parse(run.Output)!.ToJsonString(Readable));
    }

    [Fact]
    public async Task The_official_SDK_pauses_resumes_lists_extends_and_refreshes()
    {
        var run = (await packages.RunAsync("life.mjs", [program.Server.Url.ToString().TrimEnd('/'), await program.Server.KeyAsync()], program.Scratch)).Succeeded();

        Assert.Equal(JsonNode.Parse(ExpectedLife)!.ToJsonString(Readable), JsonNode.Parse(run.Output)!.ToJsonString(Readable));
    }
}
