using Hopx.Client;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class SandboxStartFailureTests(SandboxWorkshop workshop) : IClassFixture<SandboxWorkshop>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_missing_template_root_is_named()
    {
        var failure = await FailAsync(workshop.NewStart() with { TemplateRoot = "/nowhere/rootfs" });
        Assert.Equal(HopxErrorCode.TemplateNotFound, failure.Code);
        Assert.Contains("/nowhere/rootfs", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_agent_is_named()
    {
        var failure = await FailAsync(workshop.NewStart() with { AgentPath = "/nowhere/agent" });
        Assert.Equal(HopxErrorCode.MachineNotReady, failure.Code);
        Assert.Contains("/nowhere/agent", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../escape")]
    [InlineData("a/b")]
    [InlineData("-rf")]
    public async Task An_id_that_is_no_name_is_refused(string id)
    {
        var failure = await Assert.ThrowsAsync<HopxException>(() => workshop.Runtime.StartAsync(workshop.NewStart() with { Id = id }, Token));
        Assert.Equal(HopxErrorCode.InvalidRequest, failure.Code);
    }

    [Fact]
    public async Task An_agent_that_cannot_run_fails_with_the_runtimes_words()
    {
        var text = Path.Combine(workshop.Home, "not-a-program");
        await File.WriteAllTextAsync(text, "This is no program.", Token);
        var failure = await FailAsync(workshop.NewStart() with { AgentPath = text });
        Assert.Contains("/.hopx/agent", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_ends_at_once_fails_with_its_last_words()
    {
        var agent = Path.Combine(workshop.Home, "dying-agent");
        await File.WriteAllTextAsync(agent, "#!/bin/sh\necho The key is bad. >&2\nexit 3\n", Token);
        File.SetUnixFileMode(agent, (UnixFileMode)0b111_101_101);
        var failure = await FailAsync(workshop.NewStart() with { AgentPath = agent });
        Assert.Contains("The key is bad.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_that_is_a_file_fails_clearly()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var failure = await FailAsync(workshop.NewStart() with { TemplateRoot = workshop.AgentPath });
        Assert.Equal(HopxErrorCode.TemplateNotFound, failure.Code);
    }

    [Theory]
    [InlineData("nonesuch", "not installed")]
    [InlineData("/bin/false", "failed")]
    public async Task A_runtime_that_cannot_work_is_refused_with_the_reason(string runtime, string reason)
    {
        Assert.SkipUnless(workshop.Runtime.Machine.HasIds, "The user has no sub-ids.");
        using var broken = workshop.NewRuntime(runtime);
        var failure = await Assert.ThrowsAsync<HopxException>(() => broken.ChooseRuntimeAsync(Token));
        Assert.Equal(HopxErrorCode.RuntimeNotAvailable, failure.Code);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install runc", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runtime_that_exits_with_1_leaves_nothing()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var script = Path.Combine(workshop.Home, "bad-runtime");
        await File.WriteAllTextAsync(script, "#!/bin/sh\n[ \"$1\" = --version ] && { echo bad 1.0; exit 0; }\necho Out of luck. >&2\nexit 1\n", Token);
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        using var broken = workshop.NewRuntime(script);
        var failure = await Assert.ThrowsAsync<HopxException>(() => broken.ChooseRuntimeAsync(Token));
        Assert.Contains("Out of luck.", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(workshop.Runtime.FindRemains().Ids, id => id.StartsWith("trial-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_template_that_is_removed_while_a_sandbox_is_made_from_it_is_named_and_nothing_is_left()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var template = Path.Combine(workshop.Home, "removed-template");
        File.CreateSymbolicLink(template, workshop.TemplateRoot);
        // The runtime is asked what it is when all that was looked at before is in order, and before anything is mounted.
        var script = Path.Combine(workshop.Home, "removing-runtime");
        await File.WriteAllTextAsync(script, $"#!/bin/sh\n[ \"$1\" = --version ] && rm -f \"{template}\"\nexec \"{ToolProcess.Find("runc") ?? ToolProcess.Find("crun")}\" \"$@\"\n", Token);
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        using var runtime = workshop.NewRuntime(script);
        var start = workshop.NewStart() with { TemplateRoot = template };

        var failure = await Assert.ThrowsAsync<HopxException>(() => runtime.StartAsync(start, Token));

        Assert.Equal(HopxErrorCode.TemplateNotFound, failure.Code);
        Assert.Contains(template, failure.Message, StringComparison.Ordinal);
        workshop.AssertGone(workshop.Runtime.HandleOfRemains(start.Id));
    }

    private async Task<HopxException> FailAsync(SandboxStart start)
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var failure = await Assert.ThrowsAsync<HopxException>(() => workshop.Runtime.StartAsync(start, Token));
        workshop.AssertGone(workshop.Runtime.HandleOfRemains(start.Id));
        return failure;
    }
}
