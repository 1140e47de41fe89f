using Hopx.Client;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.Tests.Sandboxes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Runtime;

/// <summary>Who holds what on this machine.</summary>
public sealed class SandboxHoldingsTests(PreparedMachine machine) : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_sandbox_is_shown_with_what_it_holds_and_a_stray_as_nobody_s()
    {
        await machine.PrepareAsync();
        await using var plane = new RealControlPlane(machine, _home.Path);
        var sandbox = await plane.CreateAsync();
        var stray = Directory.CreateDirectory(Path.Combine(_home.Path, "sandboxes", "1700000000stray"));

        var holdings = SandboxHoldings.Find(plane.Embedded.Get<SandboxRuntime>(), new HomeDirectory(_home.Path));

        Assert.Equal(["1700000000stray", sandbox.Id], holdings.Select(holding => holding.Id));
        Assert.Equal([true, false], holdings.Select(holding => holding.BelongsToNobody));
        Assert.True(holdings[1].Processes > 0);
        Assert.Equal(SandboxStatus.Running, holdings[1].Record!.Status);
        Assert.Contains($"port {new Uri(sandbox.PublicHost!).Port}", holdings[1].ToString(), StringComparison.Ordinal);
        Assert.Equal("a directory", holdings[0].ToString());

        stray.Delete();
        await plane.Client.Sandboxes.DeleteAsync(sandbox.Id, TestContext.Current.CancellationToken);
        Assert.Empty(SandboxHoldings.Find(plane.Embedded.Get<SandboxRuntime>(), new HomeDirectory(_home.Path)));
    }

    [Fact]
    public void A_home_without_a_state_file_gets_none_by_being_looked_at()
    {
        using var runtime = new SandboxRuntime(
            Microsoft.Extensions.Options.Options.Create(new ControlPlaneOptions { Home = _home.Path }), Microsoft.Extensions.Logging.Abstractions.NullLogger<SandboxRuntime>.Instance);

        Assert.Empty(SandboxHoldings.Find(runtime, new HomeDirectory(_home.Path)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_home.Path));
    }
}
