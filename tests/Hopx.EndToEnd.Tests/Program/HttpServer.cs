using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hopx.Client;
using ModelContextProtocol.Client;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>A <c>hopx-mcp serve</c> and what it takes to call it.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly HopxProgram _program;
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> _output;
    private string? _key;

    private HttpServer(HopxProgram program, Process process)
    {
        _program = program;
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
    }

    public Uri Url { get; private set; } = null!;

    public int ProcessId => _process.Id;

    public static async Task<HttpServer> ListenAsync(HopxProgram program, Process process)
    {
        var server = new HttpServer(program, process);
        _ = server.ReadErrorsAsync();
        server.Url = await server._listening.Task.WaitAsync(Patience.Token);
        return server;
    }

    /// <summary>The key of organization 1, made by the program.</summary>
    public async Task<string> KeyAsync() => _key ??= await CreateKeyAsync(organization: 1);

    public async Task<string> CreateKeyAsync(int organization) =>
        (await _program.RunAsync(["key", "create", "--org", organization.ToString(CultureInfo.InvariantCulture)])).Succeeded().Output.Trim();

    /// <summary>The typed client, with a key of organization 1 unless another is given.</summary>
    public async Task<HopxClient> CreateClientAsync(string? key = null) => new(new HopxClientOptions { BaseUrl = Url, ApiKey = key ?? await KeyAsync() });

    /// <summary>An MCP client of one revision of the protocol; without one, of the newest.</summary>
    public Task<McpClient> ConnectAsync(string? version = null, string? key = null) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(Url, "/mcp"),
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = key is null ? null : new Dictionary<string, string> { ["X-API-Key"] = key },
        }),
        new McpClientOptions { ProtocolVersion = version },
        cancellationToken: Patience.Token);

    /// <summary>Ends the server so that it can say goodbye to nobody.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Patience.Token);
    }

    /// <summary>Asks the server to end, and returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Patience.Token);
        await _process.WaitForExitAsync(Patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        Assert.Equal("", await _output);
        _process.Dispose();
    }

    private async Task ReadErrorsAsync()
    {
        const string Listening = "listening on ";
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _errors.AppendLine(line);
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                _listening.TrySetResult(new Uri(line[Listening.Length..]));
            }
        }

        _listening.TrySetException(new InvalidOperationException($"hopx-mcp serve ended before it listened:\n{_errors}"));
    }
}
