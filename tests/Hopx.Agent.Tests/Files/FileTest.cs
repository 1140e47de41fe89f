using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Client;

namespace Hopx.Agent.Tests;

/// <summary>A test with an agent of its own and something outside of its roots that must never be reached.</summary>
public abstract class FileTest : IAsyncLifetime
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    internal AgentFixture Agent { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Agent.InitializeAsync();
        Directory.CreateDirectory(Agent.Workdir);
        await File.WriteAllTextAsync(Path.Combine(Agent.Outside, "secret"), "secret");
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected string In(string name) => Path.Combine(Agent.Workdir, name);

    protected void Put(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllText(In(name), text);
    }

    protected string Get(string name) => File.ReadAllText(In(name));

    internal async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type) => await SendAsync(HttpMethod.Get, path, null, type);

    internal async Task<T> PostAsync<T>(string path, string json, JsonTypeInfo<T> type) => await SendAsync(HttpMethod.Post, path, json, type);

    internal Task<FileResponse> PostAsync(string path, string json) => PostAsync(path, json, HopxJson.Default.FileResponse);

    internal Task RefusedAsync(HttpStatusCode status, string code, HttpMethod method, string path, string? json = null) => Agent.AssertRefusedAsync(status, code, method, path, json);

    protected void AssertNothingOutsideWasTouched()
    {
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(Agent.Outside).Select(Path.GetFileName));
        Assert.Equal("secret", File.ReadAllText(Path.Combine(Agent.Outside, "secret")));
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, string? json, JsonTypeInfo<T> type)
    {
        var (status, body) = await Agent.SendAsync(method, path, json);
        Assert.True(status is HttpStatusCode.OK, $"{method} {path}: {status} {body}");
        return body.Deserialize(type)!;
    }
}
