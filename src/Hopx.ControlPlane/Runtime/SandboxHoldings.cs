using System.Text.Json;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.WarmPool;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Who holds what on this machine: each sandbox of a home, and what belongs to nobody. Only looks, so it works beside a server and without one.</summary>
internal static class SandboxHoldings
{
    public static IReadOnlyList<SandboxHolding> Find(SandboxRuntime runtime, HomeDirectory home)
    {
        var remains = runtime.FindRemains();
        var (records, ready) = ReadRecords(home);
        return [.. remains.Ids.Union(records.Keys).Order(StringComparer.Ordinal).Select(id => new SandboxHolding(
            id,
            records.GetValueOrDefault(id),
            remains.Processes.TryGetValue(id, out var processes) ? processes.Count : 0,
            remains.ControlGroups.Contains(id),
            remains.Directories.Contains(id),
            runtime.Machine.ControlGroups.MemoryInUse(id),
            SandboxFiles.DiskImageBytes(runtime.HandleOfRemains(id)),
            ready.Contains(id)))];
    }

    /// <summary>The sandboxes that stand ready for a create, which no caller sees.</summary>
    public static IReadOnlyList<SandboxRecord> FindReady(HomeDirectory home)
    {
        var (records, ready) = ReadRecords(home);
        return [.. ready.Order(StringComparer.Ordinal).Select(id => records[id])];
    }

    private static (Dictionary<string, SandboxRecord> Records, HashSet<string> Ready) ReadRecords(HomeDirectory home)
    {
        if (!File.Exists(home.StateFile))
        {
            return ([], []);
        }

        try
        {
            // Nobody who looks should make or mend a state file.
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = home.StateFile, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            var sandboxes = connection.Query("SELECT facts FROM sandboxes", static row => JsonSerializer.Deserialize(row.GetString(0), SandboxFacts.Default.SandboxRecord)!);
            var ready = WarmSandboxStore.Read(connection);
            return (
                sandboxes.Concat(ready.Select(sandbox => sandbox.Record)).ToDictionary(record => record.Id, StringComparer.Ordinal),
                ready.Select(sandbox => sandbox.Id).ToHashSet(StringComparer.Ordinal));
        }
        catch (Exception unreadable) when (unreadable is SqliteException or JsonException)
        {
            return ([], []);
        }
    }
}
