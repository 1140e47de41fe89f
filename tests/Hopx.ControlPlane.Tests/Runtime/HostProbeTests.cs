using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class HostProbeTests(SandboxWorkshop workshop) : IClassFixture<SandboxWorkshop>
{
    [Fact]
    public async Task A_machine_that_runs_sandboxes_passes_and_nothing_is_left_behind()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var checks = await new HostProbe(workshop.Runtime, "auto").CheckAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(checks, check => check.Status is HostCheckStatus.Failed);
        Assert.Equal(
            ["kernel", "user", "sub-ids", "tools", "seccomp", "cgroups", "limits", "user namespaces", "overlay", "runtime"], checks.Select(check => check.Name));
        Assert.Empty(workshop.Runtime.FindRemains().Ids);
    }

    [Fact]
    public async Task A_runtime_that_is_not_there_fails_and_names_the_remedy()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var checks = await new HostProbe(workshop.Runtime, "nonesuch").CheckAsync(TestContext.Current.CancellationToken);
        var runtime = checks.Single(check => check.Name == "runtime");
        Assert.Equal(HostCheckStatus.Failed, runtime.Status);
        Assert.Contains("nonesuch: not installed", runtime.Detail, StringComparison.Ordinal);
        Assert.Equal("apt-get install runc", runtime.Remedy);
    }

    [Fact]
    public async Task Each_known_runtime_gets_a_verdict()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var verdicts = await new OciRuntimeChoice(workshop.Runtime).JudgeAllAsync("auto", TestContext.Current.CancellationToken);
        Assert.Equal(["runc", "crun", "runsc"], verdicts.Select(verdict => verdict.Name));
        Assert.All(verdicts.Where(verdict => !verdict.Works), verdict => Assert.NotEmpty(verdict.Problem));
    }
}
