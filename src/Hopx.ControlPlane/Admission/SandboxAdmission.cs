using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Admission;

/// <summary>
/// Whether the machine bears one more sandbox. Asked before anything of it is made, and answered at once.
/// Two things must hold: what all sandboxes may use at the most fits into what the operator promises of the machine, and the next one fits into what is really free.
/// </summary>
internal sealed class SandboxAdmission(SandboxStore store, MachineGauge gauge, IOptions<ControlPlaneOptions> options, TimeProvider time)
{
    /// <summary>What a sandbox takes by the time that its first code has run.</summary>
    private const long FirstMemoryBytes = 64L << 20;
    private const long FirstProcesses = 32;
    private const long FirstDiskBytes = 16L << 20;

    /// <summary>Something waited for memory in a tenth of the last ten seconds.</summary>
    private const double HighPressure = 10;

    /// <summary>There is room when somebody's sandbox ends. Too long to be waited for within a request: a client that repeats by itself gives up at once and says why.</summary>
    private static readonly TimeSpan WhenPromised = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan WhenBusy = TimeSpan.FromSeconds(5);

    /// <summary>How long what was read of the machine may be used to refuse.</summary>
    private static readonly TimeSpan ReadingAge = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AdmissionPlace> _places = new(StringComparer.Ordinal);
    private MachineState? _lastRead;
    private long _readAt;

    /// <summary>Keeps a place, or says why there is none.</summary>
    public AdmissionPlace Reserve(string sandboxId, SandboxResources resources)
    {
        lock (_lock)
        {
            // A refusal may rest on what was read a moment ago, so that a thousand of them do not each read a dozen files; an admission never does.
            if ((RecentReading() is { } recent ? FindRefusal(resources.MemoryMb, recent) : null) is { } again)
            {
                throw again;
            }

            if (FindRefusal(resources.MemoryMb, Read()) is { } refusal)
            {
                throw refusal;
            }

            return Keep(sandboxId, resources.MemoryMb);
        }
    }

    /// <summary>The same for a sandbox that nobody waits for: only where much is left, so that it is never in anybody's way.</summary>
    public AdmissionPlace? TryReserveSpare(string sandboxId, SandboxResources resources)
    {
        lock (_lock)
        {
            var machine = Read();
            var (memory, processes, _) = Promised();
            return FindRefusal(resources.MemoryMb, machine) is null
                && !IsUnderPressure(machine)
                && (memory + resources.MemoryMb) * 2 <= MemoryBudgetMib(machine)
                && (processes + options.Value.MaxProcesses) * 2 <= ProcessBudget(machine)
                ? Keep(sandboxId, resources.MemoryMb)
                : null;
        }
    }

    /// <summary>Keeps a place for a sandbox that runs already: it is taken over, whatever it takes.</summary>
    public AdmissionPlace TakeOver(string sandboxId, SandboxResources resources)
    {
        lock (_lock)
        {
            var place = Keep(sandboxId, resources.MemoryMb);
            place.Runs = true;
            return place;
        }
    }

    /// <summary>Whether memory is so short that what nobody uses yet should go.</summary>
    public bool IsUnderPressure() => IsUnderPressure(gauge.Read());

    /// <summary>What is promised and what may be.</summary>
    public AdmissionBudget ReadBudget()
    {
        lock (_lock)
        {
            var machine = gauge.Read();
            var (memory, processes, sandboxes) = Promised();
            return new AdmissionBudget(sandboxes, memory, MemoryBudgetMib(machine), processes, ProcessBudget(machine), machine);
        }
    }

    public void Release(AdmissionPlace place)
    {
        lock (_lock)
        {
            if (_places.TryGetValue(place.SandboxId, out var kept) && ReferenceEquals(kept, place))
            {
                _places.Remove(place.SandboxId);
            }
        }
    }

    private MachineState? RecentReading() => _lastRead is not null && time.GetElapsedTime(_readAt) < ReadingAge ? _lastRead : null;

    private MachineState Read()
    {
        _lastRead = gauge.Read();
        _readAt = time.GetTimestamp();
        return _lastRead;
    }

    private AdmissionPlace Keep(string sandboxId, int memoryMib) => _places[sandboxId] = new AdmissionPlace(this, sandboxId, memoryMib);

    private HopxException? FindRefusal(int memoryMib, MachineState machine)
    {
        var (memory, processes, sandboxes) = Promised();
        if (MemoryBudgetMib(machine) is var memoryBudget && memory + memoryMib > memoryBudget)
        {
            return new HopxException(
                HopxErrorCode.ResourceLimitError,
                $"This machine bears no more sandboxes: {sandboxes} may use {memory} MiB of memory together, this one {memoryMib} MiB, and {memoryBudget} MiB are promised "
                + $"({machine.MemoryBytes >> 20} MiB times HOPX_MEMORY_OVERCOMMIT, {options.Value.MemoryOvercommit}). Delete or stop one, or wait until one ends.")
            {
                RetryAfter = WhenPromised,
                Limit = memoryBudget,
                Current = memory,
            };
        }

        if (ProcessBudget(machine) is var processBudget && processes + options.Value.MaxProcesses > processBudget)
        {
            return new HopxException(
                HopxErrorCode.ResourceLimitError,
                $"This machine bears no more sandboxes: {sandboxes} may have {processes} processes together, and {processBudget} are promised "
                + $"({machine.Processes} times HOPX_PROCESS_OVERCOMMIT, {options.Value.ProcessOvercommit}). Delete or stop one, or wait until one ends.")
            {
                RetryAfter = WhenPromised,
                Limit = processBudget,
                Current = processes,
            };
        }

        // Those that are on their way have not taken yet what they will.
        var coming = 1 + _places.Values.Count(place => !place.Runs);
        if (machine.FreeMemoryBytes - (coming * FirstMemoryBytes) < MemoryReserve(machine))
        {
            return Busy($"{machine.FreeMemoryBytes >> 20} MiB of memory are free, of which {MemoryReserve(machine) >> 20} MiB are kept");
        }

        if (machine.FreeProcesses - (coming * FirstProcesses) < machine.Processes / 20)
        {
            return Busy($"{machine.FreeProcesses} of {machine.Processes} processes are free");
        }

        if (machine.FreeDiskBytes - (coming * FirstDiskBytes) < (long)options.Value.MinFreeDiskMib << 20)
        {
            return Busy($"{machine.FreeDiskBytes >> 20} MiB of disk are free, of which {options.Value.MinFreeDiskMib} MiB are kept (HOPX_MIN_FREE_DISK_MIB)");
        }

        return null;

        HopxException Busy(string what) => new(
            HopxErrorCode.ServiceUnavailable, $"This machine is too full for another sandbox now: {what}, and {coming - 1} sandboxes are on their way. Try again in a moment, or delete one.")
        {
            RetryAfter = WhenBusy,
        };
    }

    private (long MemoryMib, long Processes, int Sandboxes) Promised()
    {
        long memory = 0;
        var sandboxes = 0;
        foreach (var record in store.All)
        {
            // A stopped one takes disk only, and is admitted anew when it is started.
            if ((record.State.HasProcesses || record.State is SandboxState.Creating or SandboxState.Deleted) && !_places.ContainsKey(record.Id))
            {
                memory += record.Resources.MemoryMb;
                sandboxes++;
            }
        }

        foreach (var place in _places.Values)
        {
            memory += place.MemoryMib;
            sandboxes++;
        }

        return (memory, (long)sandboxes * options.Value.MaxProcesses, sandboxes);
    }

    private long MemoryBudgetMib(MachineState machine) => (machine.MemoryBytes >> 20) * options.Value.MemoryOvercommit;

    private long ProcessBudget(MachineState machine) => machine.Processes * options.Value.ProcessOvercommit;

    /// <summary>A twentieth, but never so much that a large machine stands idle.</summary>
    private static long MemoryReserve(MachineState machine) => Math.Min(machine.MemoryBytes / 20, 1L << 30);

    private static bool IsUnderPressure(MachineState machine) => machine.MemoryPressure >= HighPressure || machine.FreeMemoryBytes < 2 * MemoryReserve(machine);
}
