using Hopx.Client;

namespace Hopx.Benchmarks.Machine;

/// <summary>A sandbox in which Python has been used, and what that makes ready in the idle time after it is there.</summary>
internal sealed class WarmPython : IAsyncDisposable
{
    // A loaded machine leaves few pauses.
    private static readonly TimeSpan TimeToWarm = TimeSpan.FromMinutes(3);

    private readonly BenchmarkHome _home;
    private readonly AgentClient _agent;

    private WarmPython(BenchmarkHome home, AgentClient agent)
    {
        (_home, _agent) = (home, agent);
    }

    public static async Task<WarmPython> OpenAsync()
    {
        var home = await BenchmarkHome.OpenAsync();
        var python = new WarmPython(home, home.Client.Agent((await home.CreateAsync()).Id));
        await python.RunAsync("1", clean: false);
        using var patience = new CancellationTokenSource(TimeToWarm);
        while ((await python.RunAsync("import sys\nprint('pandas' in sys.modules)", clean: true)).Stdout != "True\n")
        {
            await Task.Delay(TimeSpan.FromSeconds(1), patience.Token);
        }

        return python;
    }

    public async Task<ExecutionResult> RunAsync(string code, bool clean)
    {
        var result = await _agent.Execution.RunAsync(new ExecuteRequest { Code = code, Clean = clean });
        return result.Success ? result : throw new InvalidOperationException($"The code failed: {result.Explanation} {result.Stderr}");
    }

    public async Task CommandAsync(string line)
    {
        var result = await _agent.Commands.RunAsync(new CommandRequest { Command = line });
        if (!result.Success)
        {
            throw new InvalidOperationException($"The command failed: {result.Explanation} {result.Stderr}");
        }
    }

    public ValueTask DisposeAsync() => _home.DisposeAsync();
}
