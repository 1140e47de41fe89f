using System.IO.Pipelines;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Hopx.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tests;

/// <summary>The MCP server of this program, called by a real client over pipes or over HTTP in this process; behind it a fake cloud.</summary>
internal sealed class McpHarness : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _clients = [];
    private readonly bool _ownsHome;
    private IHost? _host;
    private Task? _running;

    private McpHarness(FakeHopxCloud cloud, string home, bool ownsHome)
    {
        Cloud = cloud;
        Home = home;
        _ownsHome = ownsHome;
    }

    public FakeHopxCloud Cloud { get; }

    public string Home { get; }

    public McpClient Client { get; private set; } = null!;

    public IServiceProvider Services => _host!.Services;

    /// <summary>Over two pipes, as over stdin and stdout.</summary>
    public static Task<McpHarness> StartAsync(
        FakeHopxCloud cloud, Action<HopxMcpOptions>? configure = null, string? version = null, string? home = null, TimeProvider? time = null) =>
        StartAsync(cloud, home, harness => harness.RunAsync(configure, version, time));

    /// <summary>Over HTTP, in process.</summary>
    public static Task<McpHarness> StartHttpAsync(
        FakeHopxCloud cloud, Action<HopxMcpOptions>? configure = null, string? version = null, string? home = null, string? apiKey = null) =>
        StartAsync(cloud, home, harness => harness.RunHttpAsync(configure, version, apiKey));

    /// <summary>A bare HTTP client of the same server.</summary>
    public HttpClient CreateHttpClient() => _host!.GetTestClient();

    /// <summary>Another client of the same HTTP server.</summary>
    public async Task<McpClient> ConnectAsync(string? version = null, string? apiKey = null, string? extraHeader = null, string? extraValue = null)
    {
        var headers = new Dictionary<string, string>();
        if (apiKey is not null)
        {
            headers["X-API-Key"] = apiKey;
        }

        if (extraHeader is not null)
        {
            headers[extraHeader] = extraValue!;
        }

        var transport = new HttpClientTransport(
            new HttpClientTransportOptions { Endpoint = new Uri("http://localhost/mcp"), AdditionalHeaders = headers, TransportMode = HttpTransportMode.StreamableHttp },
            CreateHttpClient(),
            ownsHttpClient: true);
        var client = await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = version });
        _clients.Add(client);
        return client;
    }

    public Task<CallToolResult> CallAsync(string tool, object? arguments = null, CancellationToken cancellationToken = default) => CallAsync(Client, tool, arguments, cancellationToken);

    public static async Task<CallToolResult> CallAsync(McpClient client, string tool, object? arguments = null, CancellationToken cancellationToken = default) =>
        await client.CallToolAsync(
            tool,
            arguments as IReadOnlyDictionary<string, object?> ?? arguments?.GetType().GetProperties().ToDictionary(p => p.Name, p => p.GetValue(arguments)),
            cancellationToken: cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        if (_host is not null)
        {
            await _host.StopAsync();
            await (_running ?? Task.CompletedTask);
            await ((IAsyncDisposable)_host).DisposeAsync();
        }

        if (_ownsHome)
        {
            Directory.Delete(Home, recursive: true);
        }
    }

    private static async Task<McpHarness> StartAsync(FakeHopxCloud cloud, string? home, Func<McpHarness, Task> start)
    {
        var harness = new McpHarness(cloud, home ?? Directory.CreateTempSubdirectory("hopx-mcp-tests-").FullName, ownsHome: home is null);
        try
        {
            await start(harness);
            return harness;
        }
        catch
        {
            await harness.DisposeAsync();
            throw;
        }
    }

    private async Task RunAsync(Action<HopxMcpOptions>? configure, string? version, TimeProvider? time)
    {
        var toServer = new Pipe();
        var toClient = new Pipe();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.Services
            .AddHopxMcp(CreateClient, Configure(configure))
            .WithStreamServerTransport(toServer.Reader.AsStream(), toClient.Writer.AsStream());
        _host = builder.Build();
        await _host.StartAsync();
        _running = _host.WaitForShutdownAsync();
        var transport = new StreamClientTransport(toServer.Writer.AsStream(), toClient.Reader.AsStream());
        Client = await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = version });
        _clients.Add(Client);
    }

    private async Task RunHttpAsync(Action<HopxMcpOptions>? configure, string? version, string? apiKey)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddHopxMcp(CreateClient, Configure(configure)).AddHopxMcpHttp();
        var app = builder.Build();
        app.MapHopxMcp("/mcp");
        _host = app;
        await app.StartAsync();
        Client = await ConnectAsync(version, apiKey);
    }

    private Action<HopxMcpOptions> Configure(Action<HopxMcpOptions>? configure) => options =>
    {
        options.Home = Home;
        // The machine on which the tests run may belong to a conversation itself.
        options.ConversationVariables = [];
        configure?.Invoke(options);
    };

    private HopxClient CreateClient(string? apiKey) => Cloud.CreateClient(options => options.ApiKey = apiKey ?? Cloud.ApiKey);
}

internal static class ResultExtensions
{
    public static string Text(this CallToolResult result) => string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));

    public static string? Fact(this CallToolResult result, string name) =>
        result.StructuredContent is { } facts && facts.TryGetProperty(name, out var value) ? value.ToString() : null;

    public static CallToolResult Succeeded(this CallToolResult result)
    {
        Assert.False(result.IsError is true, result.Text());
        return result;
    }

    public static string Failed(this CallToolResult result)
    {
        Assert.True(result.IsError, result.Text());
        Assert.Null(result.StructuredContent);
        Assert.DoesNotContain("An error occurred", result.Text(), StringComparison.Ordinal);
        return result.Text();
    }
}
