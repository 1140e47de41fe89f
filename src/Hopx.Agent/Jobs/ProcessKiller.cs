using System.Globalization;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>One behaviour behind the five spellings of kill: by job, by execution or by process number; children included.</summary>
internal sealed class ProcessKiller(JobRegistry jobs, TimeProvider time)
{
    private const int MaxRounds = 64;

    private static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(2);

    public async Task<KillResult> KillAsync(string? id, CancellationToken callerLeft)
    {
        if (string.IsNullOrWhiteSpace(id))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'process_id' is missing. Send the identifier of a process (proc_…), of an execution (exec_…), or a process number.");
        }

        if (jobs.Find(id) is { } job)
        {
            var wasRunning = job.Kill();
            if (wasRunning)
            {
                // Most often it is gone by the time of the answer, so that a list shows it as what it is.
                await job.WaitAsync(includingInput: false, DeathGrace, callerLeft);
            }

            return Answer(job.ProcessId, wasRunning ? JobStatus.Killed : job.Status, wasRunning ? "Killed with all its children." : "It had ended before.");
        }

        if (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var process) && process > 0 && ProcessTable.ReadEntry(process) is { IsDead: false })
        {
            KillTree(process);
            return Answer(id, JobStatus.Killed, "Killed with all its children.");
        }

        throw new HopxException(
            HopxErrorCode.ProcessNotFound,
            $"There is no process '{(id.Length <= 80 ? id : id[..80] + "…")}' in this sandbox: it never was, or it has ended. GET /execute/processes and GET /processes list them.");
    }

    private static void KillTree(int process)
    {
        var family = new HashSet<int>();
        for (var round = 0; round < MaxRounds; round++)
        {
            var grew = false;
            foreach (var member in FindFamily(process))
            {
                if (family.Add(member))
                {
                    // A stopped one cannot make more.
                    _ = Libc.Kill(member, Libc.SigStop);
                    grew = true;
                }
            }

            if (!grew)
            {
                break;
            }
        }

        foreach (var member in family)
        {
            _ = Libc.Kill(member, Libc.SigKill);
        }
    }

    private static HashSet<int> FindFamily(int process)
    {
        var entries = ProcessTable.Read().Where(entry => !entry.IsDead).ToList();
        var own = Environment.ProcessId;
        // As the first process the agent owns all others; elsewhere only what came from it.
        if (process == 1 || process == own || (own != 1 && !Descends(process, own, entries)))
        {
            throw new HopxException(HopxErrorCode.Forbidden, $"Process {process} keeps this sandbox alive and cannot be killed. Delete the sandbox instead.");
        }

        var family = entries.Where(entry => entry.Id == process || entry.Group == process || entry.Session == process).Select(entry => entry.Id).ToHashSet();
        bool grew;
        do
        {
            grew = false;
            foreach (var entry in entries)
            {
                grew |= family.Contains(entry.Parent) && family.Add(entry.Id);
            }
        }
        while (grew);

        return family;
    }

    private static bool Descends(int process, int ancestor, List<ProcessEntry> entries)
    {
        for (var steps = 0; process > 1 && steps < entries.Count; steps++)
        {
            process = entries.Find(entry => entry.Id == process).Parent;
            if (process == ancestor)
            {
                return true;
            }
        }

        return false;
    }

    private KillResult Answer(string id, JobStatus status, string message) =>
        new() { ProcessId = id, Status = status, Success = true, Message = message, Timestamp = time.GetUtcNow() };
}
