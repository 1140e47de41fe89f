using Hopx.Client;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

/// <summary>A trial costs as much as a sandbox, so what it found is kept for the next server, as long as it holds.</summary>
public sealed class OciRuntimeVerdictTests(SandboxWorkshop workshop) : IClassFixture<SandboxWorkshop>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Calls => Path.Combine(workshop.Home, "calls");

    private string Broken => Path.Combine(workshop.Home, "broken");

    [Fact]
    public async Task A_runtime_that_worked_is_tried_again_only_when_it_was_replaced_or_failed()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var script = Path.Combine(workshop.Home, "counting-runtime");
        await WriteRuntimeAsync(script, "");
        await ChooseAsync(script);
        Assert.NotEqual(0, await CountCallsAsync());

        await ChooseAsync(script);
        Assert.Equal(0, await CountCallsAsync());

        await WriteRuntimeAsync(script, "# A newer one.\n");
        await ChooseAsync(script);
        Assert.NotEqual(0, await CountCallsAsync());

        using var runtime = workshop.NewRuntime(script);
        await File.WriteAllTextAsync(Broken, "", Token);
        var failure = await Assert.ThrowsAsync<HopxException>(() => runtime.StartAsync(workshop.NewStart(), Token));
        Assert.Equal(HopxErrorCode.RuntimeNotAvailable, failure.Code);
        // In the same server, too: what is said then is what is wrong with the runtime.
        failure = await Assert.ThrowsAsync<HopxException>(() => runtime.StartAsync(workshop.NewStart(), Token));
        Assert.Contains("HOPX_RUNTIME", failure.Message, StringComparison.Ordinal);
        File.Delete(Broken);
        await CountCallsAsync();
        await ChooseAsync(script);
        Assert.NotEqual(0, await CountCallsAsync());
    }

    [Fact]
    public async Task What_was_kept_and_cannot_be_read_is_found_out_again()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        await ChooseAsync("auto");
        await File.WriteAllTextAsync(Path.Combine(workshop.Home, "runtime-verdict.json"), "{\"runtime\":", Token);

        Assert.NotEmpty((await ChooseAsync("auto")).Version);
    }

    private async Task<OciRuntime> ChooseAsync(string setting)
    {
        using var runtime = workshop.NewRuntime(setting);
        return await runtime.ChooseRuntimeAsync(Token);
    }

    /// <summary>A runtime that notes each call, and fails while a file says so.</summary>
    private async Task WriteRuntimeAsync(string script, string more)
    {
        await File.WriteAllTextAsync(
            script,
            $"""
            #!/bin/sh
            {more}echo "$@" >>"{Calls}"
            case "$*" in *--version*) ;; *) [ ! -e "{Broken}" ] || exit 1 ;; esac
            exec "{ToolProcess.Find("runc") ?? ToolProcess.Find("crun")}" "$@"

            """,
            Token);
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
    }

    private async Task<int> CountCallsAsync()
    {
        var calls = File.Exists(Calls) ? (await File.ReadAllLinesAsync(Calls, Token)).Length : 0;
        File.Delete(Calls);
        return calls;
    }
}
