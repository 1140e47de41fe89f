using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Events;
using Hopx.ControlPlane.State;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>The sandboxes of this control plane: in memory for reading, each change first in the state file, together with the event that tells of it.</summary>
internal sealed class SandboxStore(StateDatabase database, EventLog events, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _adding = new();

    public IEnumerable<SandboxRecord> All => _entries.Values.Select(entry => entry.Record);

    /// <summary>Reads what an earlier process left.</summary>
    public void Load()
    {
        try
        {
            events.Load();
            using var connection = database.Open();
            foreach (var facts in connection.Query("SELECT facts FROM sandboxes", static row => row.GetString(0)))
            {
                var record = JsonSerializer.Deserialize(facts, SandboxFacts.Default.SandboxRecord) ?? throw new JsonException("A sandbox without facts.");
                _entries[record.Id] = new Entry(record, time);
            }
        }
        catch (Exception failure) when (failure is SqliteException or JsonException)
        {
            throw database.Unusable(failure);
        }
    }

    public bool TryFind(string id, [NotNullWhen(true)] out SandboxRecord? record)
    {
        record = _entries.TryGetValue(id, out var entry) ? entry.Record : null;
        return record is not null;
    }

    /// <summary>The sandbox, unless its time is over or it is being deleted: for callers it is gone from that moment on, whenever its burial comes.</summary>
    public bool TryFindLiving(string id, [NotNullWhen(true)] out SandboxRecord? record)
    {
        record = _entries.TryGetValue(id, out var entry) && entry.IsLiving ? entry.Record : null;
        return record is not null;
    }

    /// <summary>All sandboxes that there are for callers.</summary>
    public IEnumerable<SandboxRecord> Living => _entries.Values.Where(entry => entry.IsLiving).Select(entry => entry.Record);

    /// <summary>When the sandbox ends; null: when somebody deletes it.</summary>
    public SandboxDeadline? DeadlineOf(string id) => _entries.TryGetValue(id, out var entry) ? entry.Deadline : null;

    /// <summary>Adds a sandbox, unless there are as many as there may be, and gives its maker the first turn.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="limit">Of this server.</param>
    /// <param name="organizationLimit">Of the sandbox's organization.</param>
    /// <param name="alongside">What else is written, together or not at all.</param>
    public IDisposable Add(SandboxRecord record, int limit, int organizationLimit, Action<SqliteConnection, SqliteTransaction>? alongside)
    {
        var entry = new Entry(record, time);
        lock (_adding)
        {
            RequireRoom(record.OrganizationId, limit, organizationLimit);
            _entries[record.Id] = entry;
        }

        try
        {
            // Nobody waits for a turn yet.
            _ = entry.Gate.Wait(0, CancellationToken.None);
            events.Commit(
                (connection, transaction) =>
                {
                    Save(connection, transaction, record);
                    alongside?.Invoke(connection, transaction);
                },
                EventOf(record, SandboxOperation.Create));
            return new Exit(entry.Gate);
        }
        catch
        {
            _entries.TryRemove(record.Id, out _);
            throw;
        }
    }

    /// <summary>Refuses one more sandbox where there are as many as there may be. Looks at memory alone, so that a refusal costs nothing.</summary>
    public void RequireRoom(long organizationId, int limit, int organizationLimit)
    {
        // No hint when to come back: waiting helps only if somebody else deletes one.
        if (_entries.Count is var all && all >= limit)
        {
            throw new HopxException(
                HopxErrorCode.ResourceLimitError, $"There are {limit} sandboxes already, the most that this server allows. Delete one, or raise MaxSandboxes.")
            {
                Limit = limit,
                Current = all,
            };
        }

        if (All.Count(other => other.OrganizationId == organizationId) is var current && current >= organizationLimit)
        {
            throw new HopxException(
                HopxErrorCode.ResourceLimitError,
                $"Organization {organizationId} has {organizationLimit} sandboxes already, the most that it may have. Delete one, or raise MaxSandboxesPerOrganization.")
            {
                Limit = organizationLimit,
                Current = current,
            };
        }
    }

    /// <summary>Replaces the record; the caller holds the sandbox's turn.</summary>
    /// <param name="record">As it is now.</param>
    /// <param name="operation">What happened, for those who read events; null where nothing did that anybody asked about.</param>
    public SandboxRecord Replace(SandboxRecord record, SandboxOperation? operation = null)
    {
        var entry = _entries[record.Id];
        events.Commit(
            (connection, transaction) =>
            {
                Save(connection, transaction, record);
                if (record.State is SandboxState.Deleted && entry.Record.State is SandboxState.Creating)
                {
                    ForgetKeys(connection, transaction, record.Id);
                }
            },
            operation is { } happened ? EventOf(record, happened) : null);
        entry.Set(record, time);
        return record;
    }

    /// <summary>Takes the record for replaced in memory alone, when the state file takes no changes; the next one that it takes brings both together.</summary>
    public void ReplaceInMemory(SandboxRecord record) => _entries[record.Id].Set(record, time);

    /// <summary>Forgets a sandbox of which nothing is left; the caller holds its turn.</summary>
    public void Remove(string id)
    {
        var record = _entries[id].Record;
        events.Commit(
            (connection, transaction) =>
            {
                connection.Execute("DELETE FROM sandboxes WHERE id = $id", transaction, ("$id", id));
                if (record.State is SandboxState.Creating)
                {
                    ForgetKeys(connection, transaction, id);
                }
            },
            EventOf(record.In(SandboxState.Deleted, record.StatusReason), SandboxOperation.Delete));
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

    /// <summary>The same without waiting: null also when somebody else has the turn.</summary>
    public IDisposable? TryEnter(string id) =>
        _entries.TryGetValue(id, out var entry) && entry.Gate.Wait(0, CancellationToken.None) ? new Exit(entry.Gate) : null;

    // A create that came to nothing may be tried again under the same key.
    private static void ForgetKeys(SqliteConnection connection, SqliteTransaction transaction, string id) =>
        connection.Execute("DELETE FROM idempotency_keys WHERE sandbox_id = $id", transaction, ("$id", id));

    private static void Save(SqliteConnection connection, SqliteTransaction transaction, SandboxRecord record) => connection.Execute(
        """
        INSERT INTO sandboxes (id, organization_id, status, facts) VALUES ($id, $organization, $status, $facts)
        ON CONFLICT (id) DO UPDATE SET status = $status, facts = $facts
        """,
        transaction,
        ("$id", record.Id),
        ("$organization", record.OrganizationId),
        ("$status", record.Status.ToString()),
        ("$facts", JsonSerializer.Serialize(record, SandboxFacts.Default.SandboxRecord)));

    private EventDraft EventOf(SandboxRecord record, SandboxOperation operation)
    {
        var type = SandboxTransitions.EventType(operation);
        var told = new SandboxEvent
        {
            Type = type,
            SandboxId = record.Id,
            Status = record.Status,
            Timestamp = time.GetUtcNow(),
            Reason = record.StatusReason,
            ExpiresAt = operation is SandboxOperation.Extend ? record.ExpiresAt : null,
        };
        return new EventDraft(record.OrganizationId, record.Id, type, JsonSerializer.Serialize(told, HopxJson.Default.SandboxEvent));
    }

    private sealed class Entry
    {
        public Entry(SandboxRecord record, TimeProvider time)
        {
            Record = record;
            Set(record, time);
        }

        // Not disposed: a gate without a wait handle holds nothing but memory.
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public SandboxRecord Record { get; private set; }

        public SandboxDeadline? Deadline { get; private set; }

        public bool IsLiving => Record.State is not SandboxState.Deleted && Deadline?.HasPassed is not true;

        public void Set(SandboxRecord record, TimeProvider time)
        {
            if (record.ExpiresAt != Deadline?.At)
            {
                Deadline = record.ExpiresAt is { } at ? new SandboxDeadline(time, at) : null;
            }

            Record = record;
        }
    }

    private sealed class Exit(SemaphoreSlim gate) : IDisposable
    {
        private SemaphoreSlim? _gate = gate;

        public void Dispose() => Interlocked.Exchange(ref _gate, null)?.Release();
    }
}
