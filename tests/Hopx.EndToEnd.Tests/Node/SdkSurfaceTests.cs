using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Node;

/// <summary>The official SDK for JavaScript: every method of files, commands, environment, cache, processes, metrics and watching.</summary>
public sealed class SdkSurfaceTests(ServedProgram program, NodePackages packages) : IClassFixture<ServedProgram>
{
    private const string Expected = """
        {
          "written": ["755\nran it\n", "#!/bin/sh\necho ran \"$1\"\n"],
          "bytes": [[0, 1, 255], [0, 1, 255], "600\n"],
          "overwrite": ["APIError FILE_ALREADY_EXISTS", 3],
          "list": [["down", true, false, "/workspace/deep/down"], ["bytes", false, true, "/workspace/deep/bytes", 3, "-rw-------"], true],
          "exists": [true, false],
          "removed": [false, "FileNotFoundError"],
          "missing": ["FileNotFoundError", "APIError", "APIError", "FileNotFoundError"],
          "refused": ["APIError PATH_NOT_ALLOWED", "APIError PATH_NOT_ALLOWED", "APIError PATH_NOT_ALLOWED"],
          "command": ["mine\n/tmp\n", 3, false, true, true],
          "late": [false, 124],
          "background": [true, true],
          "envAll": [true, null],
          "envSetAll": "1",
          "envAfter": ["one", null, "3", "whole", "one--3-whole\n"],
          "cache": [0, "number", 0, "string", "string"],
          "cleared": ["string", 0],
          "ipython": [true, "41\n"],
          "sessions": [["string", "string"]],
          "processes": [true, true],
          "listed": true,
          "metrics": [true, true, true, true, true],
          "watched": [true, true, true, true]
        }
        """;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    [Fact]
    public async Task The_official_SDK_s_other_methods_give_what_they_promise()
    {
        var run = (await packages.RunAsync("surface.mjs", [program.Server.Url.ToString().TrimEnd('/'), await program.Server.KeyAsync()], program.Scratch)).Succeeded();

        Assert.Equal(JsonNode.Parse(Expected)!.ToJsonString(Readable), JsonNode.Parse(run.Output)!.ToJsonString(Readable));
    }
}
