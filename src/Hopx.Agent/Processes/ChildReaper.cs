using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>
/// Starts children and learns of their ends. As the sandbox's first process it also reaps every orphan, on one thread;
/// elsewhere it waits for its own children alone, since other ones belong to the rest of the program.
/// </summary>
internal sealed partial class ChildReaper : IDisposable
{
    // Orphans of a process that entered the sandbox from outside can appear without a spawn of ours.
    private static readonly TimeSpan ForeignOrphanCheck = TimeSpan.FromSeconds(10);

    private const int WaiterStackBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, ChildProcess> _children = [];
    private readonly AutoResetEvent _spawned = new(initialState: false);
    private readonly bool _isFirstProcess = Environment.ProcessId == 1;
    private readonly ILogger<ChildReaper> _logger;

    public ChildReaper(ILogger<ChildReaper> logger)
    {
        _logger = logger;
        if (_isFirstProcess)
        {
            new Thread(ReapEverything, WaiterStackBytes) { IsBackground = true, Name = "Child reaper" }.Start();
        }
    }

    public ChildProcess Start(ProcessSpec spec)
    {
        ChildProcess child;
        // Held over the spawn, so that a child that ends at once is known before it is reaped.
        lock (_gate)
        {
            child = new ChildProcess(ProcessSpawner.Spawn(spec), this);
            _children.Add(child.Id, child);
        }

        Await(child);
        return child;
    }

    /// <summary>
    /// Takes over a process that was not started here but is a child of the agent: made with CLONE_PARENT, or left behind by its own parent.
    /// Whoever makes it holds it back until this has returned; one that has ended before counts as killed.
    /// </summary>
    public ChildProcess Adopt(int process)
    {
        var child = new ChildProcess(process, this);
        lock (_gate)
        {
            // Reaping takes the same lock: what is not in the table any more has been reaped and is nobody's.
            if (ProcessTable.ReadEntry(process) is not { } entry || entry.Parent != Environment.ProcessId)
            {
                child.SetExited(ProcessExit.FromStatus(Libc.SigKill));
                return child;
            }

            _children.Add(process, child);
        }

        Await(child);
        return child;
    }

    public void SignalGroup(int process, int signal) => Signal(process, -process, signal);

    public void Signal(int process, int signal) => Signal(process, process, signal);

    private void Signal(int process, int target, int signal)
    {
        // A child is reaped under the same lock: as long as it is listed, its number cannot be given to another.
        lock (_gate)
        {
            if (_children.ContainsKey(process))
            {
                _ = Libc.Kill(target, signal);
            }
        }
    }

    public void Dispose()
    {
        // The reaping thread lives as long as the first process does.
        if (!_isFirstProcess)
        {
            _spawned.Dispose();
        }
    }

    private void Await(ChildProcess child)
    {
        if (_isFirstProcess)
        {
            _spawned.Set();
        }
        else
        {
            new Thread(() => ReapOne(child.Id), WaiterStackBytes) { IsBackground = true, Name = $"Waits for {child.Id}" }.Start();
        }
    }

    private void ReapEverything()
    {
        while (true)
        {
            var (process, error) = WaitForExit(Libc.WaitAll, 0);
            if (error == 0)
            {
                Reap(process);
            }
            else if (error == Errno.NoChildren)
            {
                _spawned.WaitOne(ForeignOrphanCheck);
            }
            else if (error != Errno.Interrupted)
            {
                LogWaitFailed(error);
                _spawned.WaitOne(ForeignOrphanCheck);
            }
        }
    }

    private void ReapOne(int process)
    {
        int error;
        do
        {
            (_, error) = WaitForExit(Libc.WaitPid, process);
        }
        while (error == Errno.Interrupted);

        Reap(process);
    }

    private static unsafe (int Process, int Error) WaitForExit(int idType, int id)
    {
        Libc.SignalInfo info = default;
        return Libc.WaitId(idType, id, &info, Libc.WaitExited | Libc.WaitNoReap) == 0
            ? (info.ProcessId, 0)
            : (0, Marshal.GetLastPInvokeError());
    }

    private unsafe void Reap(int process)
    {
        int status;
        Libc.ResourceUsage usage = default;
        ChildProcess? child;
        // Read while it is dead and not yet reaped: only now is the count complete.
        var written = ProcessTable.ReadWrittenBytes(process);
        bool isReaped;
        lock (_gate)
        {
            isReaped = Libc.Wait(process, &status, Libc.WaitNoHang, &usage) == process;
            _children.Remove(process, out child);
        }

        child?.SetExited(isReaped
            ? ProcessExit.FromStatus(status) with { CpuTime = CpuTimeOf(usage), PeakResidentBytes = PeakOf(usage), BytesWritten = written }
            : ProcessExit.FromStatus(Libc.SigKill));
    }

    private static TimeSpan CpuTimeOf(in Libc.ResourceUsage usage) =>
        TimeSpan.FromMicroseconds(((usage.UserSeconds + usage.SystemSeconds) * 1_000_000) + usage.UserMicroseconds + usage.SystemMicroseconds);

    // Between its start and its exec a child counts the agent's memory as its own, so a peak below the agent's says nothing.
    private static long? PeakOf(in Libc.ResourceUsage usage) =>
        usage.PeakResidentKib * 1024 is var peak && peak > ProcessTable.ReadPeakBytes(Environment.ProcessId) ? peak : null;

    [LoggerMessage(LogLevel.Error, "Waiting for children failed with errno {Error}.")]
    private partial void LogWaitFailed(int error);
}
