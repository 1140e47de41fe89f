using Hopx.Client;
using Hopx.ControlPlane.Runtime;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>An OCI runtime that is killed while it starts a sandbox.</summary>
public sealed class KilledRuntimeTests(PreparedMachine machine) : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("0")]
    [InlineData("0.01")]
    [InlineData("0.03")]
    [InlineData("0.1")]
    public async Task What_it_had_begun_is_taken_back_though_its_own_children_live_on(string seconds)
    {
        await machine.PrepareAsync();
        var runc = ToolProcess.Find("runc");
        Assert.SkipWhen(runc is null, "runc is not installed.");
        var killed = Path.Combine(_home.Path, "runc-killed");
        await File.WriteAllTextAsync(
            killed,
            $$"""
            #!/bin/sh
            case "$*" in
              *trial-*) exec {{runc}} "$@" ;;
              *" run "*) {{runc}} "$@" & sleep {{seconds}}; kill -9 $$ ;;
              *) exec {{runc}} "$@" ;;
            esac
            """,
            TestContext.Current.CancellationToken);
        File.SetUnixFileMode(killed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var plane = new RealControlPlane(machine, Path.Combine(_home.Path, "home"));
        plane.Options.Runtime = killed;

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        Assert.Equal(HopxErrorCode.RuntimeNotAvailable, refused.Code);
        Assert.Empty(plane.Embedded.Get<ISandboxRuntime>().FindRemains().Ids);
        Assert.Empty((await plane.Client.Sandboxes.ListAsync(cancellationToken: TestContext.Current.CancellationToken)).Data!);
    }
}
