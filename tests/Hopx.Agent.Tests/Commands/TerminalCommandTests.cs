using System.Net;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent.Tests;

/// <summary>Commands that run on a terminal of their own.</summary>
public sealed class TerminalCommandTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task A_command_finds_a_terminal_and_all_that_it_writes_is_what_the_terminal_shows()
    {
        var result = await RunAsync("test -t 0 && test -t 1 && test -t 2 && echo yes; echo no >&2; stty size; echo ${TERM%%-*}; tty");

        Assert.Matches(@"^yes\r\nno\r\n24 80\r\nxterm\r\n/dev/pts/\d+\r\n$", result.Stdout);
        Assert.Equal(("", true, RunOutcome.Completed), (result.Stderr, result.Success, result.Outcome));
    }

    [Fact]
    public async Task Without_one_there_is_none()
    {
        Assert.Equal("no\n", (await agent.RunAsync("test -t 0 || { : < /dev/tty; } 2> /dev/null || echo no")).Stdout);
    }

    [Fact]
    public async Task A_command_that_asks_on_its_terminal_is_found_out_and_can_be_answered()
    {
        // As ssh and sudo do: whatever standard input is, they ask on the terminal, and show nothing of the answer.
        var job = await RunAsync("read -rs -p 'Password: ' word < /dev/tty; echo; echo \"got $word\"", detachAfter: 30);
        Assert.Equal((RunOutcome.Running, "running"), (job.Outcome, job.Status));
        Assert.Equal(("Password: ", "terminal", "bash"), (job.WaitingForInput!.Prompt, job.WaitingForInput.Source, job.WaitingForInput.ProcessName));

        await SendAsync(job.ProcessId!, """{"data":"hush\n"}""");
        var result = await ResultAsync(job.ProcessId!);

        Assert.Equal((true, "Password: \r\ngot hush\r\n"), (result.Success, result.Stdout));
    }

    [Fact]
    public async Task A_program_that_reads_its_terminal_beside_other_input_is_found_out_too()
    {
        var job = await RunAsync("echo data | python3 -c 'tty = open(\"/dev/tty\"); print(\"Sure? \", end=\"\", flush=True); print(tty.readline().strip())'", detachAfter: 30);
        Assert.Equal(("Sure? ", "terminal"), (job.WaitingForInput?.Prompt, job.WaitingForInput?.Source));
        await SendAsync(job.ProcessId!, """{"data":"yes\n"}""");
        Assert.EndsWith("yes\r\n", (await ResultAsync(job.ProcessId!)).Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"eof":true}""", "over:\r\n")]
    [InlineData("""{"data":"half","eof":true}""", "halfhalfover:\r\n")]
    [InlineData("""{"data":"whole\n","eof":true}""", "whole\r\nwhole\r\nover:\r\n")]
    public async Task The_end_of_input_is_what_the_keyboard_would_say(string input, string output)
    {
        var job = await RunAsync("cat; echo over:", detachAfter: 30);
        Assert.Equal("cat", job.WaitingForInput?.ProcessName);
        await SendAsync(job.ProcessId!, input);
        Assert.Equal(output, (await ResultAsync(job.ProcessId!)).Stdout.Replace("^D\b\b", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_keyboard_interrupts_it()
    {
        var job = await RunAsync("trap 'echo stopped; exit 7' INT; read answer", detachAfter: 30);
        await SendAsync(job.ProcessId!, """{"data":"\u0003"}""");
        var result = await ResultAsync(job.ProcessId!);
        Assert.Equal(7, result.ExitCode);
        Assert.EndsWith("stopped\r\n", result.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Much_output_arrives_whole_and_its_end_is_found()
    {
        var result = await RunAsync("seq 1 200000 | tail -c 200000; echo end");
        Assert.EndsWith("\r\n200000\r\nend\r\n", result.Stdout, StringComparison.Ordinal);
        var started = TimeProvider.System.GetTimestamp();
        Assert.Equal("background\r\n", (await RunAsync("nohup sleep 543219 > /dev/null 2>&1 < /dev/null & echo background")).Stdout);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "The answer must not wait for what runs on in the background.");
        await agent.RunAsync("pkill -f 'sleep 54321[9]'");
    }

    [Fact]
    public async Task A_command_in_the_background_and_one_that_is_followed_have_terminals_too()
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, "/commands/background", """{"command":"tty; read name < /dev/tty; echo hello $name","terminal":true}""");
        Assert.Equal(HttpStatusCode.OK, status);
        var id = body.GetProperty("process_id").GetString()!;
        await SendAsync(id, """{"data":"Ada\n"}""");
        Assert.EndsWith("hello Ada\r\n", (await ResultAsync(id)).Stdout, StringComparison.Ordinal);

        using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await socket.SayAsync("""{"type":"execute","command":"echo -n 'Name: '; read name < /dev/tty; echo hello $name","terminal":true}""");
        var text = "";
        while (await socket.HearAsync() is { } frame && frame.GetProperty("type").GetString() is not "complete")
        {
            text += frame.GetProperty("type").GetString() is "stdout" ? frame.GetProperty("data").GetString() : "";
            if (frame.GetProperty("type").GetString() is "waiting_for_input")
            {
                await socket.SayAsync("""{"type":"input","data":"Grace\n"}""");
            }
        }

        Assert.EndsWith("hello Grace\r\n", text, StringComparison.Ordinal);
    }

    private async Task<CommandResult> RunAsync(string line, double? detachAfter = null)
    {
        var (status, body) = await agent.SendAsync(
            HttpMethod.Post,
            "/commands/run",
            JsonSerializer.Serialize(new CommandRequest { Command = line, Terminal = true, Timeout = 60, DetachAfter = detachAfter, JobTimeout = 60 }, HopxJson.Default.CommandRequest));
        Assert.Equal(HttpStatusCode.OK, status);
        return body.Deserialize(HopxJson.Default.CommandResult)!;
    }

    private async Task SendAsync(string id, string json)
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, $"/jobs/{id}/input", json);
        Assert.True(status is HttpStatusCode.OK, body.ToString());
    }

    private async Task<CommandResult> ResultAsync(string id)
    {
        var (_, info) = await agent.SendAsync(HttpMethod.Get, $"/jobs/{id}/wait?timeout=60");
        Assert.NotEqual("running", info.GetProperty("status").GetString());
        return (await agent.SendAsync(HttpMethod.Get, $"/jobs/{id}/result")).Body.Deserialize(HopxJson.Default.CommandResult)!;
    }
}
