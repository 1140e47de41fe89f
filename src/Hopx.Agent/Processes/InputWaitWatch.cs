using Hopx.Client;

namespace Hopx.Agent;

/// <summary>
/// Finds out when a run waits for its caller: shortly after it has gone quiet, then ever less often. A wait counts once it is seen twice
/// with no sleep or wake in between; one that would also end by itself, such as a read with a time limit, once it has lasted half a second.
/// </summary>
internal sealed partial class InputWaitWatch : IDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Second = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LimitedWait = TimeSpan.FromMilliseconds(500);

    private readonly InputWaitProbe _probe;
    private readonly Action<InputWait?> _report;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PromptLine _prompt = new();
    private readonly Lock _gate = new();
    private readonly Lock _reporting = new();
    private readonly ITimer _timer;
    private TimeSpan _pause = First;
    private TimeSpan _floor = First;
    private int _leader;
    private InputSource? _source;
    private TimeSpan? _wanted;
    private long _dueAt;
    private bool _isLooking;
    private bool _hadOutput;
    private bool _isDisposed;
    private bool _hasToldUnseen;
    private (ThreadWait Wait, long Since)? _candidate;
    private ThreadWait? _reported;

    /// <param name="probe">Looks.</param>
    /// <param name="report">Is told of the wait, and null when it is over; one call at a time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told when nothing can be seen.</param>
    public InputWaitWatch(InputWaitProbe probe, Action<InputWait?> report, TimeProvider time, ILogger logger)
    {
        _probe = probe;
        _report = report;
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins to look; until then only what is printed is noted.</summary>
    /// <param name="leader">The process that leads the run.</param>
    /// <param name="source">What it reads.</param>
    public void Begin(int leader, InputSource source)
    {
        lock (_gate)
        {
            _leader = leader;
            _source = source;
            Arm(First);
        }
    }

    /// <summary>The run printed something; it may be a question.</summary>
    public void NoteOutput(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _prompt.Append(bytes);
            _hadOutput = true;
            Hasten(_floor);
        }
    }

    /// <summary>Something is about to be typed: what is printed from now on is another question.</summary>
    public void NoteAnswer()
    {
        lock (_gate)
        {
            _prompt.Break();
        }
    }

    /// <summary>Something was typed: if it waited, it goes on.</summary>
    public void NoteInput()
    {
        lock (_gate)
        {
            _floor = First;
            Hasten(Second);
        }
    }

    public void Dispose()
    {
        bool isWaiting;
        lock (_gate)
        {
            _isDisposed = true;
            isWaiting = _reported is not null;
            _reported = null;
        }

        _timer.Dispose();
        if (isWaiting)
        {
            lock (_reporting)
            {
                _report(null);
            }
        }
    }

    private void Look()
    {
        ThreadWait? reported;
        lock (_gate)
        {
            if (_isDisposed || _isLooking || _source is null)
            {
                return;
            }

            _isLooking = true;
            reported = _reported;
        }

        // As long as it is the same wait, one small file says so.
        var look = reported is { } known && InputWaitProbe.IsStill(known) ? new InputWaitProbe.Look(known, HasUnseen: false) : _probe.Find(_leader, _source!);
        lock (_reporting)
        {
            List<InputWait?> news;
            lock (_gate)
            {
                _isLooking = false;
                if (_isDisposed)
                {
                    return;
                }

                news = Judge(look);
                // Something happened while it was looked at.
                _pause = _wanted is { } wanted ? Min(wanted, _pause) : _pause;
                _wanted = null;
                Arm(_pause);
            }

            news.ForEach(_report);
        }
    }

    private List<InputWait?> Judge(InputWaitProbe.Look look)
    {
        if (look.HasUnseen && !_hasToldUnseen)
        {
            _hasToldUnseen = true;
            LogUnseen(_leader);
        }

        var news = new List<InputWait?>();
        if (_reported is not null && look.Wait != _reported)
        {
            _reported = null;
            news.Add(null);
        }

        if (look.Wait is not { } wait)
        {
            _candidate = null;
            // Whoever prints all the time is looked at seldom; whoever falls silent soon.
            _floor = _hadOutput ? Min(_floor * 2, BusyPause) : First;
            _pause = _hadOutput ? _floor : Min(_pause * 2, LongestPause);
        }
        else if (wait == _reported)
        {
            _pause = Min(_pause * 2, LongestPause);
        }
        else if (_candidate is not { } candidate || candidate.Wait != wait)
        {
            _candidate = (wait, _time.GetTimestamp());
            _pause = Second;
        }
        else if (wait.IsForEver || _time.GetElapsedTime(candidate.Since) >= LimitedWait)
        {
            _candidate = null;
            _reported = wait;
            _pause = First;
            _floor = First;
            news.Add(new InputWait { Prompt = _prompt.ToText(), Source = _source!.Name, Pid = wait.Process, ProcessName = ProcessTable.ReadName(wait.Process) });
        }
        else
        {
            _pause = Min(_pause * 2, LimitedWait);
        }

        _hadOutput = false;
        return news;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void Hasten(TimeSpan pause)
    {
        if (_isLooking)
        {
            _wanted = pause;
        }
        else if (!_isDisposed && _source is not null && _time.GetElapsedTime(_time.GetTimestamp(), _dueAt) > pause)
        {
            _pause = pause;
            Arm(pause);
        }
    }

    private void Arm(TimeSpan pause)
    {
        _dueAt = _time.GetTimestamp() + (long)(pause.TotalSeconds * _time.TimestampFrequency);
        _timer.Change(pause, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(LogLevel.Warning, "Not all processes of run {ProcessId} can be looked at (they belong to another user or may not be traced), so a wait for input may go unnoticed.")]
    private partial void LogUnseen(int processId);
}
