using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.State;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Events;

/// <summary>
/// The last events, in the state file and in memory. A change and its event are one transaction: whatever happened was told, and whatever was told happened.
/// </summary>
internal sealed class EventLog(StateDatabase database, IOptions<ControlPlaneOptions> options, TimeProvider time)
{
    /// <summary>How many events lie beyond the bound before they are removed together.</summary>
    private const int PruneEvery = 500;

    // Held over the write, so that events reach readers in the order of their ids. SQLite takes one writer at a time anyway.
    private readonly Lock _lock = new();
    private readonly Queue<LoggedEvent> _kept = new();
    private readonly HashSet<EventReader> _readers = [];
    private long _last;

    /// <summary>Reads what an earlier process left.</summary>
    public void Load()
    {
        using var connection = database.Open();
        var newest = connection.Query(
            "SELECT id, organization_id, sandbox_id, type, data FROM events ORDER BY id DESC LIMIT $limit",
            static row => new LoggedEvent(
                row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3), row.GetString(4)),
            transaction: null,
            ("$limit", options.Value.EventLogSize));
        lock (_lock)
        {
            _kept.Clear();
            foreach (var logged in Enumerable.Reverse(newest))
            {
                _kept.Enqueue(logged);
                _last = logged.Id;
            }
        }
    }

    /// <summary>Writes a change, and the event that tells of it, together or not at all.</summary>
    public void Commit(Action<SqliteConnection, SqliteTransaction>? change, EventDraft? draft)
    {
        lock (_lock)
        {
            using var connection = database.Open();
            using var transaction = connection.BeginTransaction(deferred: false);
            change?.Invoke(connection, transaction);
            var id = draft is null ? 0 : Insert(connection, transaction, draft);
            if (id > 0 && id % PruneEvery == 0)
            {
                connection.Execute("DELETE FROM events WHERE id <= $oldest", transaction, ("$oldest", id - options.Value.EventLogSize));
            }

            transaction.Commit();
            if (draft is not null)
            {
                Publish(new LoggedEvent(id, draft.OrganizationId, draft.SandboxId, draft.Type, draft.Data));
            }
        }
    }

    /// <summary>Opens the log for a reader, behind the last event that it knows.</summary>
    /// <param name="filter">What it gets.</param>
    /// <param name="lastEventId">As the reader says it; null: only what comes.</param>
    public EventReader Open(EventFilter filter, string? lastEventId)
    {
        var after = string.IsNullOrEmpty(lastEventId) ? (long?)null
            : long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"Last-Event-ID '{lastEventId}' was not made by this server: it is a whole number. Leave it out to begin with what comes next.");
        lock (_lock)
        {
            if (_readers.Count >= options.Value.MaxEventReaders)
            {
                throw new HopxException(HopxErrorCode.ResourceLimitError, $"{_readers.Count} event streams are open already, the most that this server allows. Close one, or raise MaxEventReaders.")
                {
                    RetryAfter = TimeSpan.FromSeconds(5),
                };
            }

            var reader = new EventReader(this, filter, after is { } known ? BacklogAfter(known, filter) : []);
            _readers.Add(reader);
            return reader;
        }
    }

    /// <summary>How many read along.</summary>
    public int CountReaders(string topic)
    {
        lock (_lock)
        {
            return _readers.Count(reader => reader.Filter.Topic == topic);
        }
    }

    public void Close(EventReader reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
        }
    }

    private static long Insert(SqliteConnection connection, SqliteTransaction transaction, EventDraft draft) => connection.Query(
        "INSERT INTO events (organization_id, sandbox_id, type, data) VALUES ($organization, $sandbox, $type, $data) RETURNING id",
        static row => row.GetInt64(0),
        transaction,
        ("$organization", draft.OrganizationId),
        ("$sandbox", draft.SandboxId),
        ("$type", draft.Type),
        ("$data", draft.Data)).Single();

    private void Publish(LoggedEvent logged)
    {
        _last = logged.Id;
        _kept.Enqueue(logged);
        while (_kept.Count > options.Value.EventLogSize)
        {
            _kept.Dequeue();
        }

        foreach (var reader in _readers)
        {
            reader.Offer(logged);
        }
    }

    private List<ReadOnlyMemory<byte>> BacklogAfter(long known, EventFilter filter)
    {
        var frames = new List<ReadOnlyMemory<byte>>();
        var oldest = _kept.TryPeek(out var first) ? first.Id : _last + 1;
        if (known < oldest - 1 || known > _last)
        {
            // Said, not hidden: whoever keeps a picture of all sandboxes must list them anew.
            var told = new SandboxEvent { Type = "log.truncated", Reason = $"Events between {known} and {oldest} are not kept. List again.", Timestamp = time.GetUtcNow() };
            frames.Add(SseFrame.Of(JsonSerializer.Serialize(told, HopxJson.Default.SandboxEvent), told.Type, known > _last ? _last : oldest - 1));
        }

        frames.AddRange(_kept.Where(logged => logged.Id > known && filter.Takes(logged)).Select(logged => logged.Frame));
        return frames;
    }
}
