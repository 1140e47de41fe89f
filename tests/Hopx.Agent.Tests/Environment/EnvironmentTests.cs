using System.Net;
using System.Text.Json;

namespace Hopx.Agent.Tests;

public sealed class EnvironmentTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new();

    public ValueTask InitializeAsync() => _agent.InitializeAsync();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task A_fresh_sandbox_has_variables()
    {
        var (_, body) = await _agent.SendAsync(HttpMethod.Get, "/env");
        Assert.True(body.GetProperty("env_vars").TryGetProperty("PATH", out _));
        Assert.True(body.GetProperty("count").GetInt32() > 0);
    }

    [Fact]
    public async Task Bad_names_and_values_are_refused()
    {
        foreach (var json in new[] { """{"env_vars":{"":"a"}}""", """{"env_vars":{"A=B":"a"}}""", """{"env_vars":{"A":"a\u0000"}}""", """{"env_vars":{"A":[]}}""", """{"env_vars":"A"}""" })
        {
            await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Put, "/env", json);
        }

        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Patch, "/env");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_JSON", HttpMethod.Patch, "/env", """{"A":"\ud800"}""");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_JSON", HttpMethod.Patch, "/env", """{"\udfff":"a"}""");
        await _agent.AssertRefusedAsync(
            HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Patch, "/env", "{\"env_vars\":{\"A\":\"" + new string('a', 200_000) + "\"}}");
    }

    [Fact]
    public async Task Patch_merges_put_replaces_and_delete_removes()
    {
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"ONE":"1"},"merge":true}""");
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"TWO":"2"}""");
        Assert.Equal("1 2", await EchoAsync());
        await _agent.SendAsync(HttpMethod.Put, "/env", """{"env_vars":{"TWO":"zwei"}}""");
        Assert.Equal("zwei", (await EchoAsync()).Trim());
        await _agent.SendAsync(HttpMethod.Put, "/env", """{"env_vars":{"ONE":"eins"},"merge":true}""");
        Assert.Equal("eins zwei", await EchoAsync());
        await _agent.SendAsync(HttpMethod.Delete, "/env/ONE");
        Assert.Equal("zwei", (await EchoAsync()).Trim());
        await _agent.SendAsync(HttpMethod.Delete, "/env");
        Assert.Equal("", (await EchoAsync()).Trim());
    }

    [Fact]
    public async Task The_sdks_way_to_delete_one_works()
    {
        var (_, body) = await _agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"ONE":"1","TWO":"2"}}""");
        var rest = body.GetProperty("env_vars").EnumerateObject().Where(variable => variable.Name != "ONE").ToDictionary(variable => variable.Name, variable => variable.Value.GetString()!);
        await _agent.SendAsync(HttpMethod.Put, "/env", "{\"env_vars\":" + JsonSerializer.Serialize(rest, Client.HopxJson.Default.DictionaryStringString) + "}");
        Assert.Equal("2", (await EchoAsync()).Trim());
    }

    [Fact]
    public async Task A_requests_own_variables_win()
    {
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"ONE":"common","TWO":"common"}}""");
        var (_, body) = await _agent.SendAsync(HttpMethod.Post, "/execute", """{"language":"bash","code":"echo -n $ONE $TWO","env":{"TWO":"own"}}""");
        Assert.Equal("common own", body.GetProperty("stdout").GetString());
    }

    [Fact]
    public void What_the_control_plane_told_the_agent_is_not_passed_on()
    {
        var environment = new SandboxEnvironment(new Dictionary<string, string> { ["HOPX_TOKEN_PUBLIC_KEY"] = "k", ["APP"] = "a" });
        var all = environment.For(null);
        Assert.Equal(["APP", "HOME", "LANG", "PATH"], all.Keys.Order());
    }

    [Fact]
    public async Task A_null_takes_a_variable_away_and_a_mask_keeps_it()
    {
        await _agent.SendAsync(HttpMethod.Put, "/env", """{"ONE":"1","TWO":"2","merge":false}""");
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"ONE":null,"TWO":"***MASKED***","NEVER":"***MASKED***"}}""");
        var (_, body) = await _agent.SendAsync(HttpMethod.Get, "/env");
        Assert.False(body.GetProperty("env_vars").TryGetProperty("ONE", out _));
        Assert.False(body.GetProperty("env_vars").TryGetProperty("NEVER", out _));
        Assert.False(body.GetProperty("env_vars").TryGetProperty("merge", out _));
        Assert.Equal("2", body.GetProperty("env_vars").GetProperty("TWO").GetString());
        await _agent.SendAsync(HttpMethod.Put, "/env", """{"env_vars":{"TWO":"***MASKED***"}}""");
        Assert.Equal("2", (await EchoAsync()).Trim());
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Put, "/env", """{"env_vars":{"A":"1"},"merge":"yes"}""");
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"merge":true,"ONE":"flat"}""");
        Assert.Equal("flat 2", await EchoAsync());
    }

    [Fact]
    public async Task A_value_is_shown_whole_or_not_at_all_and_a_refusal_does_not_tell_it()
    {
        var secret = "s3cret-" + new string('x', 130_000);
        var (_, refused) = await _agent.SendAsync(HttpMethod.Patch, "/env", "{\"env_vars\":{\"API_KEY\":\"" + secret + "\"}}");
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"API_KEY":"s3cret-value"}}""");
        var (_, body) = await _agent.SendAsync(HttpMethod.Get, "/env");
        Assert.Equal("s3cret-value", body.GetProperty("env_vars").GetProperty("API_KEY").GetString());
        var many = string.Join(',', Enumerable.Range(0, 5000).Select(number => $"\"V{number}\":\"x\""));
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Patch, "/env", "{\"env_vars\":{" + many + "}}");
        Assert.Equal("s3cret-value", (await _agent.RunAsync("echo -n $API_KEY")).Stdout);
    }

    private async Task<string> EchoAsync() => (await _agent.RunAsync("echo -n $ONE $TWO")).Stdout;
}
