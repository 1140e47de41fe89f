using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.State;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>The sandboxes of this control plane: in memory for reading, each change first in the state file.</summary>
internal sealed class SandboxStore(StateDatabase database)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _adding = new();

    public IEnumerable<SandboxRecord> All => _entries.Values.Select(entry => entry.Record);

    /// <summary>Reads what an earlier process left.</summary>
    public void Load()
    {
        using var connection = database.Open();
        foreach (var facts in connection.Query("SELECT facts FROM sandboxes", static row => row.GetString(0)))
        {
            var record = JsonSerializer.Deserialize(facts, SandboxFacts.Default.SandboxRecord)!;
            _entries[record.Id] = new Entry(record);
        }
    }

    public bool TryFind(string id, [NotNullWhen(true)] out SandboxRecord? record)
    {
        record = _entries.TryGetValue(id, out var entry) ? entry.Record : null;
        return record is not null;
    }

    /// <summary>Adds a sandbox, unless there are as many as there may be.</summary>
    public void Add(SandboxRecord record, int limit)
    {
        lock (_adding)
        {
            if (_entries.Count >= limit)
            {
                // No hint when to come back: waiting helps only if somebody else deletes one.
                throw new HopxException(
                    HopxErrorCode.ResourceLimitError, $"There are {limit} sandboxes already, the most that this server allows. Delete one, or raise MaxSandboxes.");
            }

            _entries[record.Id] = new Entry(record);
        }

        Save(record);
    }

    /// <summary>Replaces the record; the caller holds the sandbox's gate.</summary>
    public SandboxRecord Replace(SandboxRecord record)
    {
        Save(record);
        _entries[record.Id].Record = record;
        return record;
    }

    public void Remove(string id)
    {
        using (var connection = database.Open())
        {
            connection.Execute("DELETE FROM sandboxes WHERE id = $id", transaction: null, ("$id", id));
        }

        _entries.TryRemove(id, out _);
    }

    /// <summary>One change at a time for each sandbox; disposing the result lets the next one in. Null when there is no such sandbox.</summary>
    public async Task<IDisposable?> EnterAsync(string id, CancellationToken cancellationToken)
    {
        if (!_entries.TryGetValue(id, out var entry))
        {
            return null;
        }

        await entry.Gate.WaitAsync(cancellationToken);
        return new Exit(entry.Gate);
    }

    private void Save(SandboxRecord record)
    {
        using var connection = database.Open();
        connection.Execute(
            """
            INSERT INTO sandboxes (id, organization_id, status, facts) VALUES ($id, $organization, $status, $facts)
            ON CONFLICT (id) DO UPDATE SET status = $status, facts = $facts
            """,
            transaction: null,
            ("$id", record.Id),
            ("$organization", record.OrganizationId),
            ("$status", record.Status.ToString()),
            ("$facts", JsonSerializer.Serialize(record, SandboxFacts.Default.SandboxRecord)));
    }

    // Not disposed: a gate without a wait handle holds nothing but memory.
    private sealed class Entry(SandboxRecord record)
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public SandboxRecord Record { get; set; } = record;
    }

    private sealed class Exit(SemaphoreSlim gate) : IDisposable
    {
        private SemaphoreSlim? _gate = gate;

        public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Release();
    }
}
