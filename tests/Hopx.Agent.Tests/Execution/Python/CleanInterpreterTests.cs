namespace Hopx.Agent.Tests;

/// <summary>Clean interpreters begin with libraries that were imported once.</summary>
public sealed class CleanInterpreterTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new(new Dictionary<string, string?> { ["Execution:WarmModules"] = "fractions, no_such_library, cmd" });

    public ValueTask InitializeAsync() => _agent.InitializeAsync();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Whoever_has_used_one_finds_the_usual_libraries_imported_in_the_next()
    {
        const string Look = """{"code":"import sys\nprint({'fractions', 'cmd'} & {*sys.modules} == {'fractions', 'cmd'})","clean":true}""";
        string? printed;
        do
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            printed = (await _agent.SendAsync(HttpMethod.Post, "/execute", Look)).Body.GetProperty("stdout").GetString();
        }
        while (printed is not "True\n");

        // Imported, and still to be named by whoever uses it.
        var (_, body) = await _agent.SendAsync(HttpMethod.Post, "/execute", """{"code":"print('fractions' in globals())","clean":true}""");
        Assert.Equal("False\n", body.GetProperty("stdout").GetString());
    }
}
