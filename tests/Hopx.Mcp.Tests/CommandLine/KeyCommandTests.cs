using System.Text.Json;
using Hopx.Mcp.CommandLine;

namespace Hopx.Mcp.Tests.CommandLine;

public sealed class KeyCommandTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_new_key_is_alone_on_stdout()
    {
        var run = await RunAsync("create", "--name", "for the tests");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^hopx_live_[A-Za-z0-9]{12}\.[A-Za-z0-9_-]{43}\n$", run.Output);
        Assert.DoesNotContain(run.Output.Trim(), run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_listed_without_their_secret()
    {
        var key = (await RunAsync("create", "--name", "mine", "--org", "7")).Output.Trim();

        var listed = (await RunAsync("list", "--json")).Output;

        var facts = Assert.Single(JsonDocument.Parse(listed).RootElement.EnumerateArray());
        Assert.Equal("mine", facts.GetProperty("name").GetString());
        Assert.Equal(7, facts.GetProperty("organization_id").GetInt64());
        Assert.StartsWith($"hopx_live_{facts.GetProperty("id").GetString()}.", key, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Split('.')[1], listed, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Split('.')[1], (await RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("read-only")]
    public async Task A_key_has_the_scope_that_it_was_made_with(string scope)
    {
        await RunAsync("create", "--scope", scope);

        Assert.Equal(scope, Assert.Single(JsonDocument.Parse((await RunAsync("list", "--json")).Output).RootElement.EnumerateArray()).GetProperty("scope").GetString());
        Assert.Contains(scope, (await RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scope_that_is_none_is_named_and_makes_no_key()
    {
        var run = await RunAsync("create", "--scope", "everything");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'everything'", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task A_key_that_does_not_exist_or_was_revoked_cannot_be_revoked()
    {
        var id = (await RunAsync("create")).Output.Substring("hopx_live_".Length, 12);

        Assert.Equal(1, (await RunAsync("revoke", "nobody")).ExitCode);
        Assert.Equal(0, (await RunAsync("revoke", id)).ExitCode);
        Assert.Equal(1, (await RunAsync("revoke", id)).ExitCode);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("mine")]
    public async Task An_organization_is_a_number_from_1(string organization)
    {
        var run = await RunAsync("create", "--org", organization);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_is_told()
    {
        var file = Path.Combine(_home.Path, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        var run = await CommandRun.OfAsync(KeyCommand.Create(), "key", "list", "--home", file);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(file, run.Error, StringComparison.Ordinal);
    }

    private Task<CommandRun> RunAsync(params string[] arguments) => CommandRun.OfAsync(KeyCommand.Create(), ["key", .. arguments, "--home", _home.Path]);
}
