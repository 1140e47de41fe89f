using System.Collections.Concurrent;
using System.Globalization;
using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class HostCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failure_carries_exit_code_and_the_last_lines_of_both_streams()
    {
        var result = await Shell("seq 1 1000; echo why >&2; exit 3").RunAsync(onLine: null, Token);

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("why", result.Tail, StringComparison.Ordinal);
        Assert.Contains("1000", result.Tail, StringComparison.Ordinal);
        Assert.InRange(result.Tail.Split('\n').Length, 2, 40);
    }

    [Fact]
    public async Task A_line_without_end_is_cut() =>
        Assert.Equal(2_000, (await Shell("head -c 3000000 /dev/zero | tr '\\0' x").RunAsync(onLine: null, Token)).Tail.Length);

    [Fact]
    public async Task Only_the_named_environment_reaches_the_program()
    {
        var result = await (Shell("env | sort") with { Environment = new Dictionary<string, string> { ["PATH"] = HostCommand.SystemPath, ["ONE"] = "1" } })
            .RunAsync(onLine: null, Token);

        Assert.Equal(["ONE", "PATH", "PWD"], result.Tail.Split('\n').Select(line => line.Split('=')[0]).Where(name => name is not ("_" or "OLDPWD" or "SHLVL")));
    }

    [Fact]
    public async Task Cancelling_ends_the_program_that_ignores_the_signal_with_its_children()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var children = new ConcurrentQueue<string>();
        var command = Shell("trap '' TERM; sleep 1000 & echo $!; wait; wait") with { Grace = TimeSpan.FromMilliseconds(100) };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => command.RunAsync(
            line =>
            {
                children.Enqueue(line);
                source.Cancel();
            },
            source.Token));

        Assert.True(HasEnded(Assert.Single(children)));
    }

    [Fact]
    public async Task A_grandchild_that_keeps_the_pipe_open_does_not_hold_up_the_end()
    {
        var result = await Shell("sleep 60 & echo $!").RunAsync(onLine: null, Token);

        Assert.Equal(0, result.ExitCode);
        await new HostCommand("kill", [result.Tail]).RunAsync(onLine: null, Token);
    }

    private static HostCommand Shell(string script) => new("sh", ["-c", script]);

    /// <summary>Gone, or dead and waiting for its parent to notice.</summary>
    private static bool HasEnded(string processId)
    {
        var stat = $"/proc/{int.Parse(processId, CultureInfo.InvariantCulture)}/stat";
        try
        {
            return File.ReadAllText(stat).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
