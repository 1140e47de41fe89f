using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.LiveView;

/// <summary>The browsers that have opened the live view. Each proves itself by a cookie of its own, so that two in one browser do not mix.</summary>
internal sealed class LiveSessions(IOptions<HopxMcpOptions> options, TimeProvider time) : IDisposable
{
    private const int MostSessions = 1_000;
    private const int IdBytes = 12;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LiveSession Session, string Hash, ITimer Timer)> _sessions = new(StringComparer.Ordinal);

    /// <summary>Opens a session; the grant is the session's from now on.</summary>
    /// <returns>The session and the secret of its cookie, which is kept nowhere.</returns>
    public (LiveSession Session, string Secret) Open(LiveGrant grant)
    {
        var secret = LiveSecret.Create();
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        var session = new LiveSession(id, grant, time.GetUtcNow() + options.Value.LiveSessionLifetime);
        lock (_gate)
        {
            if (_sessions.Count >= MostSessions)
            {
                Close(_sessions.MinBy(entry => entry.Value.Session.ExpiresAt).Key);
            }

            _sessions.Add(id, (session, LiveSecret.Hash(secret), time.CreateTimer(_ => Close(id), state: null, options.Value.LiveSessionLifetime, Timeout.InfiniteTimeSpan)));
        }

        return (session, secret);
    }

    /// <summary>The session that a browser proves to be.</summary>
    public bool TryFind(string? id, string? secret, [NotNullWhen(true)] out LiveSession? session)
    {
        lock (_gate)
        {
            // Hashes are compared, so that the time it takes tells nothing of the secret.
            session = id is not null && secret is { Length: > 0 } && _sessions.TryGetValue(id, out var entry) && entry.Hash == LiveSecret.Hash(secret) ? entry.Session : null;
            return session is not null;
        }
    }

    public void Close(string id)
    {
        lock (_gate)
        {
            if (_sessions.Remove(id, out var entry))
            {
                entry.Timer.Dispose();
                entry.Session.Dispose();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _sessions.Keys.ToList().ForEach(Close);
        }
    }
}
