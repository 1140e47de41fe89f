using System.Text;
using Hopx.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.Agent.Tests;

/// <summary>Starts runs in the agent without HTTP, and follows them.</summary>
internal static class Runs
{
    public static RunSpec Spec(this AgentFixture agent, string program, params string[] arguments) => new()
    {
        Program = program,
        Arguments = arguments,
        Environment = agent.Services.GetRequiredService<SandboxEnvironment>().For(null),
        WorkingDirectory = Directory.CreateDirectory(agent.Workdir).FullName,
        Timeout = TimeSpan.FromMinutes(1),
    };

    public static IRun Start(this AgentFixture agent, RunSpec spec, RunObserver? observer = null) =>
        agent.Services.GetRequiredService<ProcessRunner>().Start(spec, observer ?? RunObserver.None);

    public static IRun StartLine(this AgentFixture agent, string line, RunObserver? observer = null) => agent.Start(agent.Spec("bash", "-c", line), observer);

    public static Task<bool> TypeAsync(this IRun run, string text) => run.WriteInputAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken).AsTask();
}

/// <summary>Notes all that a run does, in order.</summary>
internal sealed class Follower(bool takesInput = false, Func<Task>? beforeEach = null) : RunObserver
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private readonly List<InputWait?> _waits = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _bytes;

    public override bool TakesInput => takesInput;

    /// <summary>What was written, each piece after o: or e:.</summary>
    public string Text
    {
        get
        {
            lock (_gate)
            {
                return _text.ToString();
            }
        }
    }

    public long Bytes => Interlocked.Read(ref _bytes);

    public IReadOnlyList<InputWait?> Waits
    {
        get
        {
            lock (_gate)
            {
                return [.. _waits];
            }
        }
    }

    public override async ValueTask OnOutputAsync(OutputKind kind, ReadOnlyMemory<byte> bytes)
    {
        if (beforeEach is not null)
        {
            await beforeEach();
        }

        Interlocked.Add(ref _bytes, bytes.Length);
        Change(() =>
        {
            if (_text.Length < 1_000_000)
            {
                _text.Append(kind is OutputKind.Stdout ? "o:" : "e:").Append(Encoding.UTF8.GetString(bytes.Span));
            }
        });
    }

    public override void OnInputWait(InputWait? wait) => Change(() => _waits.Add(wait));

    public async Task WaitForAsync(Func<Follower, bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            if (condition(this))
            {
                return;
            }

            await changed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until the run waits for the n-th time.</summary>
    public async Task<InputWait> WaitForInputWaitAsync(int count = 1)
    {
        await WaitForAsync(follower => follower.Waits.Count(wait => wait is not null) >= count);
        return Waits.Where(wait => wait is not null).ElementAt(count - 1)!;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }
}
