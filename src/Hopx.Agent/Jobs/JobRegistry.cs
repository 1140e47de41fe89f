using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>All jobs: those that go on, and the last that have ended.</summary>
internal sealed class JobRegistry : IDisposable
{
    // A short run in the foreground never touches the disk.
    private const int ForegroundMemoryBytes = 32 * 1024;
    private const int IdLength = 12;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Job> _byProcess = new(StringComparer.Ordinal);
    private readonly List<Job> _inOrder = [];
    private readonly JobStorage _storage;
    private readonly IOptions<JobOptions> _options;
    private readonly TimeProvider _time;

    public JobRegistry(JobStorage storage, IOptions<JobOptions> options, TimeProvider time)
    {
        _storage = storage;
        _options = options;
        _time = time;
        storage.RemoveAll();
        storage.MakeRoom = ForgetOldest;
    }

    /// <summary>A job that nobody knows yet.</summary>
    /// <param name="description">What it is.</param>
    /// <param name="inForeground">Whether it will probably end before anybody else has to know.</param>
    public Job Create(JobDescription description, bool inForeground) => new(
        RandomNumberGenerator.GetHexString(IdLength, lowercase: true), description, _storage, _options.Value, inForeground ? ForegroundMemoryBytes : 0, _time);

    /// <summary>Makes it known; from now on its output is on disk.</summary>
    public void Add(Job job)
    {
        job.Output.Spill();
        lock (_gate)
        {
            _byProcess.Add(job.ProcessId, job);
            _inOrder.Add(job);
        }

        ForgetOldest();
    }

    /// <summary>The last ones first.</summary>
    public IReadOnlyList<Job> List()
    {
        lock (_gate)
        {
            return [.. Enumerable.Reverse(_inOrder)];
        }
    }

    /// <param name="id">A process or execution identifier, or the number of the process that leads it.</param>
    public Job? Find(string id)
    {
        lock (_gate)
        {
            return _byProcess.GetValueOrDefault(id)
                ?? _inOrder.Find(job => job.ExecutionId == id)
                ?? (int.TryParse(id, out var leader) ? _inOrder.Find(job => job.LeaderId == leader) : null);
        }
    }

    public Job Get(string id) => Find(id) ?? throw new HopxException(
        HopxErrorCode.ProcessNotFound, $"There is no job '{(id.Length <= 80 ? id : id[..80] + "…")}' in this sandbox: it never was, or it ended long ago. GET /jobs lists them.");

    public void Remove(Job job)
    {
        lock (_gate)
        {
            if (!_byProcess.Remove(job.ProcessId))
            {
                return;
            }

            _inOrder.Remove(job);
        }

        Discard(job);
    }

    /// <summary>Drops what was never added.</summary>
    public void Discard(Job job)
    {
        job.Dispose();
        if (job.Output.Directory is not null || job.HasResultOnDisk)
        {
            _storage.Remove(job.ProcessId);
        }
    }

    /// <summary>Forgets the oldest that have ended, as far as there are too many or they take the space of others.</summary>
    public void ForgetOldest()
    {
        while (FindSuperfluous() is { } job)
        {
            Remove(job);
        }
    }

    public void Dispose()
    {
        foreach (var job in List())
        {
            job.Dispose();
        }
    }

    private Job? FindSuperfluous()
    {
        lock (_gate)
        {
            var ended = _inOrder.Where(job => job.Status.HasEnded).ToList();
            var isCrowded = ended.Count > _options.Value.KeptEndedJobs || _storage.UsedBytes > _storage.AmpleBytes;
            return isCrowded ? ended.FirstOrDefault() : null;
        }
    }
}
