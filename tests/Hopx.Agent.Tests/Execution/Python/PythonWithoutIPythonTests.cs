using Hopx.Client;

namespace Hopx.Agent.Tests;

/// <summary>A sandbox whose Python is Debian's alone, as in a template without IPython.</summary>
public sealed class PlainPythonFixture : IAsyncLifetime
{
    public AgentFixture Agent { get; } = new(new Dictionary<string, string?> { ["Execution:WarmPython"] = "true" });

    public async ValueTask InitializeAsync()
    {
        await Agent.InitializeAsync();
        await Agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"PATH":"/usr/bin:/bin"}}""");
    }

    public ValueTask DisposeAsync() => Agent.DisposeAsync();
}

public sealed class PythonWithoutIPythonTests(PlainPythonFixture fixture) : IClassFixture<PlainPythonFixture>
{
    [Fact]
    public async Task State_results_and_rich_values_work_all_the_same()
    {
        await RequirePlainAsync();
        await RunAsync("class Table:\n    def _repr_html_(self): return '<b>x</b>'\n    def __repr__(self): return 'Table()'\nt = Table()");
        var result = await RunAsync("display(t)\nt");
        Assert.Equal(("Table()", "<b>x</b>", 2), (result.Result, result.Html, result.RichOutputs!.Count));
        Assert.Equal("5", (await RunAsync("await __import__('asyncio').sleep(0, 5)")).Result);
    }

    [Fact]
    public async Task A_magic_is_a_syntax_error_that_says_what_is_missing()
    {
        await RequirePlainAsync();
        var result = await RunAsync("%time 1");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("SyntaxError", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("IPython, which is not installed", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("hopx", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clean_runs_come_from_the_fork_server_with_its_modules_and_without_its_traces()
    {
        await RequirePlainAsync();
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(fixture.Agent.Workdir).FullName, "json.py"), "mine = True", TestContext.Current.CancellationToken);
        var result = await RunAsync("import json, os, sys\njson.mine, os.getppid() != os.getpid(), sorted(map(int, os.listdir('/proc/self/fd')))[:4], os.getsid(0) == os.getpid()", clean: true);
        Assert.Equal("(True, True, [0, 1, 2, 3], True)", result.Result);
    }

    private async Task RequirePlainAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "/usr/bin/python3 is not installed.");
        Assert.SkipWhen((await RunAsync("import IPython", clean: true)).Success, "/usr/bin/python3 has IPython.");
    }

    private Task<ExecutionResult> RunAsync(string code, bool? clean = null) =>
        fixture.Agent.ExecuteAsync(new ExecuteRequest { Code = code, Clean = clean });
}
