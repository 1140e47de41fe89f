using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hopx.Benchmarks.Machine;

/// <summary>An MCP server as an agent host starts it. The client is as thin as can be, so that the server is what is measured.</summary>
internal sealed class StdioServer : IAsyncDisposable
{
    private readonly Process _process;
    private int _lastId;

    public StdioServer(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        // Read away, or a talkative server would wait for us.
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public int ProcessId => _process.Id;

    /// <summary>What a client of the revision 2026-07-28 sends first: no handshake, and it need not wait.</summary>
    public async Task<JsonNode> DiscoverAndListAsync()
    {
        await SendAsync("server/discover", new JsonObject { ["_meta"] = Meta() });
        var id = await SendAsync("tools/list", new JsonObject { ["_meta"] = Meta() });
        return await ReceiveAsync(id);
    }

    /// <summary>What clients of all older revisions send first.</summary>
    public async Task<JsonNode> InitializeAndListAsync()
    {
        await ReceiveAsync(await SendAsync("initialize", new JsonObject
        {
            ["protocolVersion"] = "2025-06-18",
            ["capabilities"] = new JsonObject(),
            ["clientInfo"] = new JsonObject { ["name"] = "benchmarks", ["version"] = "1" },
        }));
        await WriteAsync(new JsonObject { ["jsonrpc"] = "2.0", ["method"] = "notifications/initialized" });
        return await ReceiveAsync(await SendAsync("tools/list", []));
    }

    /// <summary>Calls a tool, which must succeed.</summary>
    public async Task<JsonNode> CallAsync(string tool, JsonObject arguments)
    {
        var result = await ReceiveAsync(await SendAsync("tools/call", new JsonObject { ["name"] = tool, ["arguments"] = arguments, ["_meta"] = Meta() }));
        return result["isError"]?.GetValue<bool>() is true ? throw new InvalidOperationException($"{tool} failed: {result["content"]?.ToJsonString()}") : result;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static JsonObject Meta() => new()
    {
        ["io.modelcontextprotocol/protocolVersion"] = "2026-07-28",
        ["io.modelcontextprotocol/clientInfo"] = new JsonObject { ["name"] = "benchmarks", ["version"] = "1" },
        ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject(),
    };

    private async Task<int> SendAsync(string method, JsonObject parameters)
    {
        var id = ++_lastId;
        await WriteAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters });
        return id;
    }

    private async Task WriteAsync(JsonObject message)
    {
        await _process.StandardInput.WriteLineAsync(message.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }

    private async Task<JsonNode> ReceiveAsync(int id)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var message = JsonNode.Parse(line)!;
            if (message["id"] is JsonValue value && value.TryGetValue<int>(out var answered) && answered == id && message["method"] is null)
            {
                return message["result"] ?? throw new InvalidOperationException($"The server refused: {line}");
            }
        }

        throw new InvalidOperationException("The server ended without an answer.");
    }
}
