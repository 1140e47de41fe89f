using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hopx.Client;
using Microsoft.Extensions.Configuration;

namespace Hopx.Agent.Tests;

/// <summary>The real agent on a Unix socket, with directories of its own.</summary>
public sealed class AgentFixture : IAsyncLifetime
{
    public const string SandboxId = "sb1";

    private readonly Dictionary<string, string?> _settings;
    private WebApplicationHolder? _app;

    public AgentFixture()
        : this(new Dictionary<string, string?>())
    {
    }

    internal AgentFixture(Dictionary<string, string?> settings) => _settings = settings;

    /// <summary>A directory that holds everything of this agent.</summary>
    public string Home { get; } = Directory.CreateTempSubdirectory("hopx-agent-test-").FullName;

    public string Workdir => Path.Combine(Home, "workspace");

    public string OtherRoot => Path.Combine(Home, "other");

    /// <summary>Beside the roots: nothing in it may be reached.</summary>
    public string Outside => Path.Combine(Home, "outside");

    public HttpClient Http { get; private set; } = null!;

    internal TestTokens Tokens { get; } = new();

    internal IServiceProvider Services => _app!.App.Services;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(OtherRoot);
        Directory.CreateDirectory(Outside);
        var socket = Path.Combine(Home, "agent.sock");
        var app = AgentHost.Create(builder => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AGENT_LISTEN"] = "unix:" + socket,
            ["SANDBOX_ID"] = SandboxId,
            ["TOKEN_PUBLIC_KEY"] = Tokens.PublicKey,
            ["WORKDIR"] = Workdir,
            ["Files:Roots"] = OtherRoot,
            ["Jobs:Directory"] = Path.Combine(Home, "jobs"),
        }).AddInMemoryCollection(_settings));
        _app = new WebApplicationHolder(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        Http = Connect(socket);
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Make());
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_app is not null)
        {
            await _app.App.StopAsync(CancellationToken.None);
            await _app.App.DisposeAsync();
        }

        Tokens.Dispose();
        // The framework cannot remove names that are no text.
        using var remove = System.Diagnostics.Process.Start("rm", ["-rf", Home]);
        await remove.WaitForExitAsync(CancellationToken.None);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonElement.Parse(text));
    }

    internal Task<ExecutionResult> ExecuteAsync(string code, string? language = null, double? timeout = null) =>
        ExecuteAsync(new ExecuteRequest { Code = code, Language = language, Timeout = timeout });

    internal async Task<ExecutionResult> ExecuteAsync(ExecuteRequest request, string path = "/execute")
    {
        var (status, body) = await SendAsync(
            HttpMethod.Post,
            path,
            JsonSerializer.Serialize(request, HopxJson.Default.ExecuteRequest));
        Assert.Equal(HttpStatusCode.OK, status);
        return body.Deserialize(HopxJson.Default.ExecutionResult)!;
    }

    internal async Task<CommandResult> RunAsync(string line, double? timeout = null)
    {
        var (status, body) = await SendAsync(
            HttpMethod.Post,
            "/commands/run",
            JsonSerializer.Serialize(new CommandRequest { Command = line, Timeout = timeout }, HopxJson.Default.CommandRequest));
        Assert.Equal(HttpStatusCode.OK, status);
        return body.Deserialize(HopxJson.Default.CommandResult)!;
    }

    internal async Task AssertRefusedAsync(HttpStatusCode status, string code, HttpMethod method, string path, string? json = null)
    {
        var (answered, body) = await SendAsync(method, path, json);
        Assert.Equal((status, code), (answered, body.GetProperty("code").GetString()));
        Assert.Equal(body.GetProperty("error").GetString(), body.GetProperty("message").GetString());
        Assert.NotEmpty(body.GetProperty("request_id").GetString()!);
    }

    private static HttpClient Connect(string socketPath) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://agent"),
    };

    private sealed record WebApplicationHolder(Microsoft.AspNetCore.Builder.WebApplication App);
}

/// <summary>Signs tokens as the control plane does.</summary>
internal sealed class TestTokens : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string PublicKey => Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo());

    public string Make(string subject = AgentFixture.SandboxId, string audience = "hopx-agent", int validSeconds = 3600, string? scope = null, string issuer = "hopx")
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var scopeClaim = scope is null ? "" : $",\"scope\":\"{scope}\"";
        return Sign("""{"alg":"ES256","typ":"JWT"}""", $$"""{"iss":"{{issuer}}","aud":"{{audience}}","sub":"{{subject}}","iat":{{now - 10}},"exp":{{now + validSeconds}}{{scopeClaim}}}""");
    }

    public string Sign(string header, string payload)
    {
        var signed = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(payload))}";
        return $"{signed}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    public void Dispose() => _key.Dispose();
}
