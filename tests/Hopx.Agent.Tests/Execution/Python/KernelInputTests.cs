using System.Text;
using Hopx.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.Agent.Tests;

public sealed class KernelInputTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task A_question_of_the_code_is_told_at_once_and_its_answer_goes_on()
    {
        var observer = new Questions();
        var run = Start("name = input('Name? ')\nimport getpass\nsecret = getpass.getpass('Secret: ')\nname, secret", observer);
        var wait = await observer.NextAsync();
        Assert.Equal(("Name? ", "stdin", run.ProcessId), (wait!.Prompt, wait.Source, wait.Pid));
        Assert.True(await run.WriteInputAsync("An"u8.ToArray(), TestContext.Current.CancellationToken));
        Assert.True(await run.WriteInputAsync("na\nhidden\n"u8.ToArray(), TestContext.Current.CancellationToken));
        var result = await run.Completion;
        Assert.Equal("('Anna', 'hidden')", result.Rich.Result);
        Assert.Null(await observer.NextAsync());
        Assert.Equal("Name? Secret: ", result.Stdout);
        Assert.Equal("Name? Secret: ", observer.Output);
    }

    [Fact]
    public async Task The_end_of_input_is_an_error_of_the_code()
    {
        var observer = new Questions();
        var run = Start("import sys\nprint(repr(sys.stdin.readline()))\ninput()", observer);
        await observer.NextAsync();
        await run.WriteInputAsync("line"u8.ToArray(), TestContext.Current.CancellationToken);
        run.EndInput();
        var result = await run.Completion;
        Assert.Equal((RunOutcome.Failed, "'line\\n'\n"), (result.Outcome, result.Stdout));
        Assert.Contains("EOFError", result.Stderr, StringComparison.Ordinal);
        Assert.False(await run.WriteInputAsync("more\n"u8.ToArray(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Code_that_waits_for_input_can_be_killed_and_its_kernel_goes_on()
    {
        await agent.ExecuteAsync("kept = 5");
        var observer = new Questions();
        var run = Start("input()", observer);
        await observer.NextAsync();
        run.Kill();
        Assert.Equal((RunOutcome.Killed, false), ((await run.Completion).Outcome, (await run.Completion).StateLost));
        Assert.Equal("5", (await agent.ExecuteAsync("kept")).Result);
    }

    [Fact]
    public async Task A_signal_reaches_the_code()
    {
        var observer = new Questions();
        var run = Start("try:\n    input()\nexcept KeyboardInterrupt:\n    print('interrupted')", observer);
        await observer.NextAsync();
        Assert.True(run.Signal(Libc.SigInterrupt));
        var result = await run.Completion;
        Assert.Equal((RunOutcome.Completed, "interrupted\n"), (result.Outcome, result.Stdout));
        Assert.False(run.Signal(Libc.SigInterrupt));
    }

    [Fact]
    public async Task A_slow_observer_slows_the_code_and_loses_nothing()
    {
        var observer = new Questions { Delay = TimeSpan.FromMilliseconds(20) };
        var result = await Start("for i in range(20): print('x' * 20_000)", observer).Completion;
        Assert.Equal(20 * 20_001, result.Stdout.Length);
        Assert.Equal(result.Stdout, observer.Output);
    }

    private IRun Start(string code, RunObserver observer) =>
        agent.Services.GetRequiredService<CodeExecution>().Start(new ExecuteRequest { Code = code, Interactive = true }, observer);

    private sealed class Questions : RunObserver
    {
        private readonly System.Threading.Channels.Channel<InputWait?> _waits = System.Threading.Channels.Channel.CreateBounded<InputWait?>(100);
        private readonly StringBuilder _output = new();

        public override bool TakesInput => true;

        public TimeSpan Delay { get; init; }

        public string Output => _output.ToString();

        public override async ValueTask OnOutputAsync(OutputKind kind, ReadOnlyMemory<byte> bytes)
        {
            var text = Encoding.UTF8.GetString(bytes.Span);
            if (Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, TimeProvider.System);
            }

            _output.Append(text);
        }

        public override void OnInputWait(InputWait? wait) => _waits.Writer.TryWrite(wait);

        public async Task<InputWait?> NextAsync() => await _waits.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }
}
