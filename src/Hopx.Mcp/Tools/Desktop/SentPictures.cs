using System.Security.Cryptography;
using System.Text.Json;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tools;

/// <summary>Remembers the last pictures of each sandbox, beside the map of conversations, since a model may come back to one after a restart.</summary>
internal sealed partial class SentPictures(McpDatabase database, IOptions<HopxMcpOptions> options, TimeProvider time, ILogger<SentPictures> logger)
{
    /// <summary>How many of one sandbox are remembered.</summary>
    public const int PerSandbox = 64;

    // Only where there is no file to write to.
    private const int PerSandboxInMemory = 4;
    private const int SandboxesInMemory = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Principal, string SandboxId), List<SentPicture>> _unwritten = [];

    /// <summary>An identifier that no picture of the last days has.</summary>
    public static string NewId() => "p" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    public void Add(OpenSandbox sandbox, SentPicture picture)
    {
        try
        {
            database.Run(connection => Write(connection, sandbox, picture));
        }
        catch (HopxException failure)
        {
            LogNotWritten(failure.Message);
            Keep(sandbox, picture);
        }
    }

    /// <summary>The picture of that name, or null where there is none, or none of this sandbox.</summary>
    public SentPicture? Find(OpenSandbox sandbox, string id) => Newest(sandbox, picture => picture.Id == id);

    /// <summary>The newest picture that fits, or null.</summary>
    public SentPicture? Newest(OpenSandbox sandbox, Func<SentPicture, bool> fits)
    {
        lock (_gate)
        {
            if (_unwritten.TryGetValue((sandbox.Caller.Principal, sandbox.Id), out var kept) && kept.FindLast(picture => fits(picture)) is { } found)
            {
                return found;
            }
        }

        try
        {
            return database.Run(connection => Read(connection, sandbox, fits));
        }
        catch (HopxException failure)
        {
            LogNotRead(failure.Message);
            return null;
        }
    }

    private int Write(SqliteConnection connection, OpenSandbox sandbox, SentPicture picture)
    {
        var now = time.GetUtcNow();
        using var write = McpDatabase.Command(
            connection,
            """
            BEGIN IMMEDIATE;
            INSERT OR REPLACE INTO pictures (principal, sandbox_id, picture_id, sent_at, picture) VALUES ($principal, $sandbox, $id, $now, $picture);
            DELETE FROM pictures WHERE principal = $principal AND sandbox_id = $sandbox
                AND number <= (SELECT number FROM pictures WHERE principal = $principal AND sandbox_id = $sandbox ORDER BY number DESC LIMIT 1 OFFSET $most);
            DELETE FROM pictures WHERE sent_at < $oldest;
            COMMIT;
            """,
            ("$principal", sandbox.Caller.Principal), ("$sandbox", sandbox.Id), ("$id", picture.Id), ("$now", now.ToUnixTimeMilliseconds()), ("$most", PerSandbox),
            ("$picture", JsonSerializer.Serialize(picture, ToolJson.Default.SentPicture)), ("$oldest", (now - options.Value.ConversationLifetime).ToUnixTimeMilliseconds()));
        return write.ExecuteNonQuery();
    }

    private static SentPicture? Read(SqliteConnection connection, OpenSandbox sandbox, Func<SentPicture, bool> fits)
    {
        using var read = McpDatabase.Command(
            connection,
            "SELECT picture FROM pictures WHERE principal = $principal AND sandbox_id = $sandbox ORDER BY number DESC",
            ("$principal", sandbox.Caller.Principal), ("$sandbox", sandbox.Id));
        using var rows = read.ExecuteReader();
        while (rows.Read())
        {
            if (JsonSerializer.Deserialize(rows.GetString(0), ToolJson.Default.SentPicture) is { } picture && fits(picture))
            {
                return picture;
            }
        }

        return null;
    }

    private void Keep(OpenSandbox sandbox, SentPicture picture)
    {
        lock (_gate)
        {
            if (_unwritten.Count >= SandboxesInMemory)
            {
                _unwritten.Clear();
            }

            var key = (sandbox.Caller.Principal, sandbox.Id);
            var kept = _unwritten.GetValueOrDefault(key) ?? [];
            kept.Add(picture);
            kept.RemoveRange(0, Math.Max(0, kept.Count - PerSandboxInMemory));
            _unwritten[key] = kept;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A picture is remembered only until this server ends: {Reason}")]
    private partial void LogNotWritten(string reason);

    [LoggerMessage(LogLevel.Warning, "Pictures of the screen cannot be looked up: {Reason}")]
    private partial void LogNotRead(string reason);
}
