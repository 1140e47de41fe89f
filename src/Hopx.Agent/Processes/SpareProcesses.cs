using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>
/// Processes that are started before they are needed: an interpreter that has got as far as to wait for its code. One is made in idle
/// time after such a run, so that a sandbox that never runs the language holds nothing; each serves one run, with the same program,
/// arguments, directory and environment as a fresh one, or none.
/// </summary>
internal sealed partial class SpareProcesses : IDisposable
{
    // Long enough for the next request to come first, short for who types.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private const int MaxKinds = 8;
    private const double MuchMemory = 0.6;
    private const int FirstVictim = 900;
    private const int UsualVictim = 500;

    private readonly ProcessLauncher _launcher;
    private readonly ActiveRuns _active;
    private readonly SandboxLimits _limits;
    private readonly IOptions<ProcessOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SpareProcesses> _logger;
    private readonly Lock _gate = new();
    private readonly List<Spare> _spares = [];
    private readonly LinkedList<(RunSpec Spec, string Executable)> _wanted = [];
    private readonly ITimer _refill;
    private readonly ITimer _look;
    private bool _isDisposed;

    public SpareProcesses(ProcessLauncher launcher, ActiveRuns active, SandboxLimits limits, IOptions<ProcessOptions> options, TimeProvider time, ILogger<SpareProcesses> logger)
    {
        _launcher = launcher;
        _active = active;
        _limits = limits;
        _options = options;
        _time = time;
        _logger = logger;
        _refill = time.CreateTimer(_ => Refill(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _look = time.CreateTimer(_ => Check(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Processes that wait.</summary>
    public IReadOnlyList<int> ProcessIds
    {
        get
        {
            lock (_gate)
            {
                return [.. _spares.Select(spare => spare.Process.Child.Id)];
            }
        }
    }

    /// <summary>A process that is just as a fresh one would be, or null.</summary>
    public LaunchedProcess? TryTake(RunSpec spec, string executable)
    {
        if (!spec.CanBeSpare)
        {
            return null;
        }

        LaunchedProcess process;
        lock (_gate)
        {
            var at = _spares.FindIndex(spare => spare.Fits(spec, executable));
            if (at < 0)
            {
                return null;
            }

            process = _spares[at].Process;
            _spares.RemoveAt(at);
        }

        // Code that ran before may have ended it, and what is there may have changed since.
        if (process.Child.Exited.IsCompleted || !Directory.Exists(spec.WorkingDirectory))
        {
            process.Dispose();
            return null;
        }

        ChildRestraint.PreferAsMemoryVictim(process.Child, UsualVictim);
        process.EarlierCpuTime = ProcessTable.ReadCpuTime(process.Child.Id);
        return process;
    }

    /// <summary>A run of this kind has ended; another is likely.</summary>
    public void NoteUse(RunSpec spec, string executable)
    {
        if (!spec.CanBeSpare || _options.Value.SpareProcesses == 0)
        {
            return;
        }

        // What was held for that one run is not held for the next.
        var kind = spec with { Feed = null, Inputs = [], HeldBytes = 0 };
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_wanted.FirstOrDefault(one => IsSameKind(one, kind, executable)) is { Spec: not null } known)
            {
                _wanted.Remove(known);
            }

            _wanted.AddFirst((kind, executable));
            while (_wanted.Count > MaxKinds)
            {
                _wanted.RemoveLast();
            }

            _refill.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends all that wait, for their memory.</summary>
    /// <returns>Whether there were any.</returns>
    public bool GiveUp()
    {
        Spare[] all;
        lock (_gate)
        {
            all = [.. _spares];
            _spares.Clear();
            _wanted.Clear();
        }

        End(all);
        return all.Length > 0;
    }

    /// <summary>One look: gives up what was not needed for long, and all when memory is short.</summary>
    public void Check()
    {
        if (IsMemoryShort())
        {
            GiveUp();
            return;
        }

        Spare[] old;
        lock (_gate)
        {
            old = [.. _spares.Where(spare => spare.Process.Child.Exited.IsCompleted || _time.GetElapsedTime(spare.Since) >= _options.Value.SpareLife)];
            _spares.RemoveAll(old.Contains);
            if (_spares.Count > 0 && !_isDisposed)
            {
                _look.Change(LookInterval, Timeout.InfiniteTimeSpan);
            }
        }

        End(old);
    }

    /// <summary>Makes what is wanted, if nobody works just now.</summary>
    public void Refill()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_active.Count > 0)
            {
                _refill.Change(2 * Pause, Timeout.InfiniteTimeSpan);
                return;
            }

            if (IsMemoryShort())
            {
                return;
            }

            // The kinds that were used last, one of each.
            var kinds = _wanted.Take(_options.Value.SpareProcesses).ToList();
            var surplus = _spares.Where(spare => spare.Process.Child.Exited.IsCompleted || !kinds.Exists(kind => spare.Fits(kind.Spec, kind.Executable))).ToArray();
            _spares.RemoveAll(surplus.Contains);
            End(surplus);
            foreach (var (spec, executable) in kinds.Where(kind => !_spares.Exists(spare => spare.Fits(kind.Spec, kind.Executable))))
            {
                Start(spec, executable);
            }

            _look.Change(LookInterval, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _refill.Dispose();
        _look.Dispose();
        GiveUp();
    }

    private static bool IsSameKind((RunSpec Spec, string Executable) one, RunSpec spec, string executable) =>
        one.Executable == executable
        && one.Spec.Program == spec.Program
        && one.Spec.WorkingDirectory == spec.WorkingDirectory
        && one.Spec.Arguments.SequenceEqual(spec.Arguments)
        && one.Spec.Environment.Count == spec.Environment.Count
        && one.Spec.Environment.All(variable => spec.Environment.TryGetValue(variable.Key, out var value) && value == variable.Value);

    private static void End(Spare[] spares)
    {
        foreach (var spare in spares)
        {
            spare.Process.Child.SignalGroup(Libc.SigKill);
            spare.Process.Dispose();
        }
    }

    private void Start(RunSpec spec, string executable)
    {
        try
        {
            var process = _launcher.Launch(spec, executable, takesInput: true);
            ChildRestraint.PreferAsMemoryVictim(process.Child, FirstVictim);
            _spares.Add(new Spare((spec, executable), process, _time.GetTimestamp()));
        }
        catch (NativeException failure)
        {
            LogNoSpare(failure, spec.Program);
        }
    }

    private bool IsMemoryShort() => _limits.MemoryLimit is { } limit && SandboxLimits.MemoryInUse is { } used && used > limit * MuchMemory;

    private sealed record Spare((RunSpec Spec, string Executable) Kind, LaunchedProcess Process, long Since)
    {
        public bool Fits(RunSpec spec, string executable) => IsSameKind(Kind, spec, executable);
    }

    [LoggerMessage(LogLevel.Debug, "No spare {Program} could be started.")]
    private partial void LogNoSpare(Exception failure, string program);
}
