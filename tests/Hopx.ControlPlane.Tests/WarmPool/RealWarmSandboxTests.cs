using Hopx.Client;
using Hopx.ControlPlane.Tests.Sandboxes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.WarmPool;

/// <summary>Real sandboxes that stood ready.</summary>
public sealed class RealWarmSandboxTests(PreparedMachine machine) : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private RealControlPlane _plane = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Sandboxes => Path.Combine(_home.Path, "sandboxes");

    public async ValueTask InitializeAsync()
    {
        await machine.PrepareAsync(PreparedMachine.Template);
        _plane = new RealControlPlane(machine, _home.Path);
        _plane.Options.WarmSandboxes = "base=1";
        // The first call starts the control plane.
        Assert.Empty((await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation)).Data!);
        await _plane.Embedded.RefillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await foreach (var sandbox in _plane.Client.Sandboxes.ListAllAsync(cancellationToken: CancellationToken.None))
        {
            await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, CancellationToken.None);
        }

        await _plane.DisposeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sandboxes));
        _home.Dispose();
    }

    [Fact]
    public async Task One_that_stood_ready_is_whole_its_creators_and_like_any_other()
    {
        var ready = Path.GetFileName(Assert.Single(Directory.EnumerateDirectories(Sandboxes)));
        Assert.Empty((await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation)).Data!);
        await Assert.ThrowsAsync<HopxException>(() => _plane.Client.Sandboxes.GetAsync(ready, Cancellation));

        var sandbox = await _plane.CreateAsync(timeoutSeconds: 300, new Dictionary<string, string> { ["GREETING"] = "hello" });

        Assert.Equal(ready, sandbox.Id);
        Assert.InRange((sandbox.ExpiresAt!.Value - sandbox.CreatedAt!.Value).TotalSeconds, 299, 301);
        var agent = _plane.Client.Agent(sandbox.Id);
        Assert.Equal($"hello {ready[..Math.Min(63, ready.Length)]} /workspace\n", (await agent.Commands.RunAsync("echo $GREETING $(hostname) $(pwd)", Cancellation)).Stdout);
        var run = await agent.Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)" }, Cancellation);
        Assert.True(run.Stdout is "42\n", run.Stderr);
        Assert.DoesNotContain("HOPX_TOKEN_PUBLIC_KEY", (await agent.Commands.RunAsync("env", Cancellation)).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_that_stood_ready_share_no_randomness()
    {
        const string Random = "import random, os; print(random.random(), os.urandom(8).hex())";
        var first = await _plane.CreateAsync();
        await _plane.Embedded.RefillAsync();
        var second = await _plane.CreateAsync();

        var one = (await _plane.Client.Agent(first.Id).Execution.RunAsync(new ExecuteRequest { Code = Random }, Cancellation)).Stdout!.Split(' ');
        var other = (await _plane.Client.Agent(second.Id).Execution.RunAsync(new ExecuteRequest { Code = Random }, Cancellation)).Stdout!.Split(' ');

        Assert.NotEqual(first.Id, second.Id);
        Assert.NotEqual(one[0], other[0]);
        Assert.NotEqual(one[1], other[1]);
    }

    [Fact]
    public async Task It_ends_when_its_creator_wants_also_without_a_server()
    {
        var sandbox = await _plane.CreateAsync(timeoutSeconds: 2);
        await _plane.DisposeAsync();
        var remains = new Hopx.ControlPlane.Runtime.SandboxRuntime(
            Microsoft.Extensions.Options.Options.Create(_plane.Options), Microsoft.Extensions.Logging.Abstractions.NullLogger<Hopx.ControlPlane.Runtime.SandboxRuntime>.Instance);
        while (remains.FindRemains().Processes.ContainsKey(sandbox.Id))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
        }

        _plane = new RealControlPlane(machine, _home.Path);
        Assert.Empty((await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation)).Data!);
    }
}
