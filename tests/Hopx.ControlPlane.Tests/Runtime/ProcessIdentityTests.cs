using System.Diagnostics;
using Hopx.ControlPlane.Runtime;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class ProcessIdentityTests
{
    [Fact]
    public async Task A_process_whose_first_thread_has_ended_lives_until_its_last_one_ends()
    {
        // Killed programs of many threads look like this for a moment, with all that they hold: files, mounts, the other processes of a sandbox.
        const string Script = """
            import ctypes, os, sys, threading
            threading.Thread(target=sys.stdin.read).start()
            ctypes.CDLL(None).pthread_exit(None)
            """;
        Assert.SkipUnless(ToolProcess.Find("python3") is not null, "python3 is not installed.");
        using var process = Process.Start(new ProcessStartInfo("python3", ["-c", Script]) { RedirectStandardInput = true })!;
        var identity = ProcessIdentity.Read(process.Id);
        await TestWait.UntilAsync(() => StateOf(process.Id) is 'Z', TestContext.Current.CancellationToken);
        Assert.NotNull(identity);
        Assert.True(identity.IsAlive());

        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.False(identity.IsAlive());
    }

    private static char StateOf(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }
}
