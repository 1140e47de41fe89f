using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Conversations;

/// <summary>The stored map from conversations to sandboxes.</summary>
internal sealed class ConversationStore(McpDatabase database, IOptions<HopxMcpOptions> options, TimeProvider time)
{
    // A last use is written at most so often: reading must not cost a write each time.
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    public string Path => database.Path;

    /// <summary>The sandbox of a conversation, or null; finding it counts as a use.</summary>
    public string? Find(string principal, string conversation) => database.Run(connection =>
    {
        var now = time.GetUtcNow();
        using var find = McpDatabase.Command(
            connection,
            "SELECT sandbox_id, last_used_at FROM conversations WHERE principal = $principal AND conversation = $conversation AND expires_at > $now",
            ("$principal", principal), ("$conversation", conversation), ("$now", now.ToUnixTimeMilliseconds()));
        string sandboxId;
        using (var row = find.ExecuteReader())
        {
            if (!row.Read())
            {
                return null;
            }

            sandboxId = row.GetString(0);
            if (now - DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)) < TouchInterval)
            {
                return sandboxId;
            }
        }

        using var touch = McpDatabase.Command(
            connection,
            "UPDATE conversations SET last_used_at = $now, expires_at = $expires WHERE principal = $principal AND conversation = $conversation",
            ("$principal", principal), ("$conversation", conversation), ("$now", now.ToUnixTimeMilliseconds()), ("$expires", Expiry(now)));
        touch.ExecuteNonQuery();
        return sandboxId;
    });

    /// <summary>Gives a conversation its sandbox unless it has another one already, and answers with the one it has now.</summary>
    /// <param name="principal">The caller.</param>
    /// <param name="conversation">The conversation's key.</param>
    /// <param name="sandboxId">The new sandbox.</param>
    /// <param name="replacing">A sandbox that is gone and may be replaced.</param>
    public string Claim(string principal, string conversation, string sandboxId, string? replacing) => database.Run(connection =>
    {
        var now = time.GetUtcNow();
        using var claim = McpDatabase.Command(
            connection,
            """
            INSERT INTO conversations (principal, conversation, sandbox_id, created_at, last_used_at, expires_at)
            VALUES ($principal, $conversation, $sandbox, $now, $now, $expires)
            ON CONFLICT (principal, conversation) DO UPDATE SET sandbox_id = $sandbox, created_at = $now, last_used_at = $now, expires_at = $expires
            WHERE sandbox_id = $replacing OR expires_at <= $now
            """,
            ("$principal", principal), ("$conversation", conversation), ("$sandbox", sandboxId), ("$replacing", replacing ?? ""),
            ("$now", now.ToUnixTimeMilliseconds()), ("$expires", Expiry(now)));
        claim.ExecuteNonQuery();
        using var find = McpDatabase.Command(
            connection, "SELECT sandbox_id FROM conversations WHERE principal = $principal AND conversation = $conversation", ("$principal", principal), ("$conversation", conversation));

        // Gone again already means that somebody deleted it; then ours is as good as any.
        return find.ExecuteScalar() as string ?? sandboxId;
    });

    /// <summary>Makes a sandbox the one of a conversation, whatever it had before.</summary>
    public void Set(string principal, string conversation, string sandboxId) => database.Run(connection =>
    {
        var now = time.GetUtcNow();
        using var set = McpDatabase.Command(
            connection,
            """
            INSERT INTO conversations (principal, conversation, sandbox_id, created_at, last_used_at, expires_at)
            VALUES ($principal, $conversation, $sandbox, $now, $now, $expires)
            ON CONFLICT (principal, conversation) DO UPDATE SET sandbox_id = $sandbox, created_at = $now, last_used_at = $now, expires_at = $expires
            """,
            ("$principal", principal), ("$conversation", conversation), ("$sandbox", sandboxId), ("$now", now.ToUnixTimeMilliseconds()), ("$expires", Expiry(now)));
        set.ExecuteNonQuery();
        using var sweep = McpDatabase.Command(connection, "DELETE FROM conversations WHERE expires_at <= $now", ("$now", now.ToUnixTimeMilliseconds()));
        return sweep.ExecuteNonQuery();
    });

    /// <summary>Forgets a sandbox, and with it the conversations that used it.</summary>
    public void Forget(string principal, string sandboxId) => database.Run(connection =>
    {
        using var forget = McpDatabase.Command(
            connection,
            """
            DELETE FROM conversations WHERE principal = $principal AND sandbox_id = $sandbox;
            DELETE FROM sliding_sandboxes WHERE principal = $principal AND sandbox_id = $sandbox;
            DELETE FROM pictures WHERE principal = $principal AND sandbox_id = $sandbox;
            """,
            ("$principal", principal), ("$sandbox", sandboxId));
        return forget.ExecuteNonQuery();
    });

    /// <summary>Remembers that a sandbox's lifetime begins anew while it is used, since nobody asked for a fixed one; null ends that.</summary>
    public void SetSlidingLifetime(string principal, string sandboxId, TimeSpan? lifetime) => database.Run(connection =>
    {
        using var set = lifetime is { } slides
            ? McpDatabase.Command(
                connection,
                "INSERT OR REPLACE INTO sliding_sandboxes (principal, sandbox_id, seconds, created_at) VALUES ($principal, $sandbox, $seconds, $now)",
                ("$principal", principal), ("$sandbox", sandboxId), ("$seconds", (long)slides.TotalSeconds), ("$now", time.GetUtcNow().ToUnixTimeMilliseconds()))
            : McpDatabase.Command(
                connection,
                "DELETE FROM sliding_sandboxes WHERE principal = $principal AND sandbox_id = $sandbox",
                ("$principal", principal), ("$sandbox", sandboxId));
        return set.ExecuteNonQuery();
    });

    public TimeSpan? FindSlidingLifetime(string principal, string sandboxId) => database.Run<TimeSpan?>(connection =>
    {
        using var find = McpDatabase.Command(
            connection, "SELECT seconds FROM sliding_sandboxes WHERE principal = $principal AND sandbox_id = $sandbox", ("$principal", principal), ("$sandbox", sandboxId));
        return find.ExecuteScalar() is long seconds ? TimeSpan.FromSeconds(seconds) : null;
    });

    private long Expiry(DateTimeOffset now) => (now + options.Value.ConversationLifetime).ToUnixTimeMilliseconds();
}
