namespace Hopx.ControlPlane.State;

/// <summary>The tables of the state file, as the steps that lead from one version to the next; a step that was shipped never changes.</summary>
internal static class StateSchema
{
    /// <summary>Number N leads from version N to N + 1.</summary>
    public static readonly IReadOnlyList<string> Steps =
    [
        """
        CREATE TABLE sandboxes (
            id TEXT PRIMARY KEY,
            organization_id INTEGER NOT NULL,
            status TEXT NOT NULL,
            facts TEXT NOT NULL
        ) STRICT;
        CREATE TABLE api_keys (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            organization_id INTEGER NOT NULL,
            hash BLOB NOT NULL,
            created_at TEXT NOT NULL,
            revoked_at TEXT
        ) STRICT;
        """,
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            organization_id INTEGER,
            sandbox_id TEXT,
            type TEXT NOT NULL,
            data TEXT NOT NULL
        ) STRICT;
        CREATE TABLE idempotency_keys (
            organization_id INTEGER NOT NULL,
            key TEXT NOT NULL,
            request_hash BLOB NOT NULL,
            sandbox_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (organization_id, key)
        ) STRICT;
        CREATE INDEX idempotency_keys_of_sandboxes ON idempotency_keys (sandbox_id);
        ALTER TABLE api_keys ADD COLUMN scope TEXT NOT NULL DEFAULT 'full';
        """,
        """
        CREATE TABLE warm_sandboxes (
            id TEXT PRIMARY KEY,
            facts TEXT NOT NULL
        ) STRICT;
        """,
    ];

    /// <summary>Kept in <c>PRAGMA user_version</c>.</summary>
    public static int Version => Steps.Count;
}
