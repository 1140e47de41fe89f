using System.Text.Json.Nodes;

namespace Hopx.Agent.Tests;

/// <summary>Clean interpreters begin with libraries that were imported once.</summary>
public sealed class CleanInterpreterTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new(new Dictionary<string, string?> { ["Execution:WarmModules"] = "fractions, no_such_library, cmd, hopx_own" });

    public ValueTask InitializeAsync() => _agent.InitializeAsync();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Whoever_has_used_one_finds_the_usual_libraries_imported_in_the_next()
    {
        const string Look = """{"code":"import sys\nprint({'fractions', 'cmd'} & {*sys.modules} == {'fractions', 'cmd'})","clean":true}""";
        using var patience = Patience();
        string? printed;
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            printed = (await _agent.SendAsync(HttpMethod.Post, "/execute", Look)).Body.GetProperty("stdout").GetString();
        }
        while (printed is not "True\n");

        // Imported, and still to be named by whoever uses it.
        var (_, body) = await _agent.SendAsync(HttpMethod.Post, "/execute", """{"code":"print('fractions' in globals())","clean":true}""");
        Assert.Equal("False\n", body.GetProperty("stdout").GetString());
    }

    [Fact]
    public async Task Once_nothing_runs_the_next_is_ready_before_it_is_asked_for()
    {
        await UntilAgedAsync();
        var (_, body) = await _agent.SendAsync(HttpMethod.Post, "/execute", """{"code":"import os\nos._exit(7)","clean":true}""");
        Assert.Equal(7, body.GetProperty("exit_code").GetInt32());
        // Each has its own; what one does to itself is not in the next.
        await UntilAgedAsync();
    }

    [Fact]
    public async Task One_that_is_ready_is_not_used_when_packages_have_changed_since()
    {
        var packages = Directory.CreateTempSubdirectory("hopx-packages-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(packages.FullName, "hopx_own.py"), "version = 'old'\n", TestContext.Current.CancellationToken);
            await _agent.SendAsync(HttpMethod.Patch, "/env", $$$"""{"env_vars":{"PYTHONPATH":"{{{packages.FullName}}}"}}""");
            Assert.Equal("old", await UntilAgedAsync("hopx_own.version"));

            // As an installer does: what was compiled goes, the new file takes the old one's place.
            packages.EnumerateDirectories().ToList().ForEach(compiled => compiled.Delete(recursive: true));
            var next = Path.Combine(packages.FullName, "next.py");
            await File.WriteAllTextAsync(next, "version = 'new'\n", TestContext.Current.CancellationToken);
            File.Move(next, Path.Combine(packages.FullName, "hopx_own.py"), overwrite: true);
            var (_, body) = await _agent.SendAsync(HttpMethod.Post, "/execute", """{"code":"import hopx_own\nprint(hopx_own.version)","clean":true}""");
            Assert.Equal("new\n", body.GetProperty("stdout").GetString());
        }
        finally
        {
            packages.Delete(recursive: true);
        }
    }

    /// <summary>Asks for clean interpreters, with pauses in between, until one is there whose process is older than its request.</summary>
    private async Task<string> UntilAgedAsync(string expression = "''")
    {
        const string Look = """
            import sys
            words = open('/proc/self/stat').read().rpartition(')')[2].split()
            age = float(open('/proc/uptime').read().split()[0]) - int(words[19]) / 100
            if 'hopx_own' in sys.modules:
                import hopx_own
            print('old enough' if age > 0.1 else 'new', EXPRESSION)
            """;
        using var patience = Patience();
        while (true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), patience.Token);
            var body = new JsonObject { ["code"] = Look.Replace("EXPRESSION", expression, StringComparison.Ordinal), ["clean"] = true };
            var printed = (await _agent.SendAsync(HttpMethod.Post, "/execute", body.ToJsonString())).Body.GetProperty("stdout").GetString()!;
            if (printed.StartsWith("old enough", StringComparison.Ordinal))
            {
                return printed["old enough".Length..].Trim();
            }
        }
    }

    private static CancellationTokenSource Patience()
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        return patience;
    }
}
