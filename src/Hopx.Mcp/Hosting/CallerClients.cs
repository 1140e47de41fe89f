using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Hosting;

/// <summary>Finds out who calls and keeps one connection per API key, for a bounded number of them.</summary>
/// <param name="create">Makes the connection for an API key; without one, for the local caller.</param>
/// <param name="options">How many connections are kept.</param>
/// <param name="http">The HTTP request of the call; absent on stdio.</param>
internal sealed class CallerClients(Func<string?, HopxClient> create, IOptions<HopxMcpOptions> options, IHttpContextAccessor? http = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _clock;
    private bool _disposed;

    /// <summary>The caller of the current request.</summary>
    public Caller Identify(ClaimsPrincipal? user)
    {
        var request = http?.HttpContext;
        if (request is null)
        {
            return Open(Caller.Local, apiKey: null);
        }

        var apiKey = ReadApiKey(request.Request);
        user = user?.Identity?.IsAuthenticated is true ? user : request.User;
        if (user.Identity?.IsAuthenticated is true)
        {
            var principal = user.FindFirst("sub")?.Value ?? user.FindFirst(ClaimTypes.NameIdentifier)?.Value
                ?? throw new HopxException(HopxErrorCode.AuthenticationRequired, "The caller is authenticated but has no 'sub' claim that says who it is.");

            // Without a key the connection would be the local caller's, who may do everything.
            return apiKey is null && principal is not Caller.Local ? throw KeyMissing() : Open(principal, apiKey);
        }

        if (apiKey is not null)
        {
            // Nobody here has checked the key; the service does. Until then it stands for itself and nobody else.
            return Open("key:" + Fingerprint(apiKey), apiKey);
        }

        return request.Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address) ? throw KeyMissing() : Open(Caller.Local, apiKey: null);
    }

    /// <summary>Another hold on the connection of a caller, for work that goes on after the call.</summary>
    public Caller Share(Caller caller)
    {
        lock (_lock)
        {
            var entry = _entries.Values.First(e => ReferenceEquals(e.Client, caller.Client));
            entry.Users++;
            return new Caller(caller.Principal, entry.Client, () => Release(entry));
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var entry in _entries.Values)
            {
                entry.Client.Dispose();
            }

            _entries.Clear();
        }
    }

    private Caller Open(string principal, string? apiKey)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var key = apiKey is null ? "" : Fingerprint(apiKey);
            if (!_entries.TryGetValue(key, out var entry))
            {
                DropIdle();
                entry = new Entry(create(apiKey));
                _entries.Add(key, entry);
            }

            entry.Users++;
            entry.LastUse = ++_clock;
            return new Caller(principal, entry.Client, () => Release(entry));
        }
    }

    private void Release(Entry entry)
    {
        lock (_lock)
        {
            entry.Users--;
        }
    }

    // A connection in use is never taken away, so the bound holds for idle ones.
    private void DropIdle()
    {
        while (_entries.Count >= options.Value.MaxCallers && _entries.Where(e => e.Value.Users is 0).OrderBy(e => e.Value.LastUse).FirstOrDefault() is { Value: { } idle } oldest)
        {
            _entries.Remove(oldest.Key);
            idle.Client.Dispose();
        }
    }

    private static string? ReadApiKey(HttpRequest request)
    {
        if (request.Headers["X-API-Key"].ToString() is { Length: > 0 } key)
        {
            return key;
        }

        const string Scheme = "Bearer ";
        return request.Headers.Authorization.ToString() is var value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && value[Scheme.Length..].Trim() is { Length: > 0 } bearer ? bearer : null;
    }

    private static string Fingerprint(string apiKey) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(apiKey)));

    private static HopxException KeyMissing() => new(
        HopxErrorCode.AuthenticationRequired, "This call carries no API key. Send one in the header X-API-Key or as Authorization: Bearer.");

    private sealed class Entry(HopxClient client)
    {
        public HopxClient Client { get; } = client;

        public int Users { get; set; }

        public long LastUse { get; set; }
    }
}
