using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>New sandboxes, of which one stands ready before each call, beside the runtime alone; all are deleted after it.</summary>
public abstract class FreshSandboxBenchmarks
{
    private BareRuntime? _bare;

    private protected BenchmarkHome Home { get; private set; } = null!;

    private protected BareRuntime Bare => _bare!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        Home = await BenchmarkHome.OpenAsync(warm: 1);
        var sandbox = await Home.CreateAsync();
        _bare = BareRuntime.Like(Home, sandbox);
        await Home.Client.Sandboxes.DeleteAsync(sandbox.Id);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        _bare?.Dispose();
        await Home.DisposeAsync();
    }

    [IterationSetup]
    public void MakeReady() => Home.RefillAsync().GetAwaiter().GetResult();

    [IterationCleanup]
    public void DeleteAll() => Home.DeleteAllAsync().GetAwaiter().GetResult();

    private protected async Task<ExecutionResult> CreateAndRunAsync()
    {
        var sandbox = await Home.CreateAsync();
        return await Home.Client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)" });
    }
}
