using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.Mcp.CommandLine.Output;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>This program once more, as an agent host starts it: a child that speaks MCP over its pipes.</summary>
internal sealed class DemoServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly McpClient _client;
    private readonly DemoTranscript _transcript;
    private readonly Process _process;

    private DemoServer(McpClient client, Process process, DemoTranscript transcript)
    {
        _client = client;
        _process = process;
        _transcript = transcript;
    }

    public string Protocol => _client.NegotiatedProtocolVersion ?? "unknown";

    public static async Task<DemoServer> StartAsync(DemoSettings settings, DemoTranscript transcript, Action<string> onErrorLine, CancellationToken cancellationToken)
    {
        var (command, arguments) = ThisProgram.WithArguments("stdio");
        var before = ThisProgram.Children();
        var transport = new StdioClientTransport(new StdioClientTransportOptions
        {
            Name = "hopx-mcp stdio",
            Command = command,
            Arguments = arguments,
            EnvironmentVariables = settings.ServerEnvironment(),
            StandardErrorLines = onErrorLine,
        });
        var client = await McpClient.CreateAsync(
            transport, new McpClientOptions { ClientInfo = new Implementation { Name = "hopx-mcp demo", Version = ProgramVersion.Text } }, loggerFactory: null, cancellationToken);
        try
        {
            var process = ThisProgram.Children().Except(before).Select(Process.GetProcessById).First();
            transcript.Say($"Started `hopx-mcp stdio` (process {process.Id}); it speaks MCP {client.NegotiatedProtocolVersion}.");
            return new DemoServer(client, process, transcript);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<string>> ListToolsAsync(CancellationToken cancellationToken) =>
        [.. (await _client.ListToolsAsync(cancellationToken: cancellationToken)).Select(tool => tool.Name)];

    /// <summary>Calls a tool; an answer that is an error is an answer.</summary>
    public async Task<ToolAnswer> TryCallAsync(string tool, JsonObject arguments, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            var call = new CallToolRequestParams
            {
                Name = tool,
                Arguments = arguments.ToDictionary(argument => argument.Key, argument => argument.Value.Deserialize(CommandJson.Default.JsonElement)),
            };
            var answer = new ToolAnswer(await _client.CallToolAsync(call, patience.Token));
            _transcript.Call(tool, arguments, answer, TimeProvider.System.GetElapsedTime(started));
            return answer;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DemoCheckFailedException($"an answer of {tool}", $"none within {Times.Seconds(Patience)}");
        }
    }

    /// <summary>Calls a tool that must succeed.</summary>
    public async Task<ToolAnswer> CallAsync(string tool, JsonObject arguments, CancellationToken cancellationToken)
    {
        var answer = await TryCallAsync(tool, arguments, cancellationToken);
        Expect.That(!answer.IsError, $"{tool} to succeed", answer.Text);
        return answer;
    }

    /// <summary>Ends the server the hard way: it cannot say goodbye to anybody.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
        _transcript.Say($"Killed process {_process.Id} with SIGKILL.");
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _process.Dispose();
    }
}
