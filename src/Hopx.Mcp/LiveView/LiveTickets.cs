using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.LiveView;

/// <summary>Tickets to the live view: each opens it once, and only for a short time.</summary>
internal sealed class LiveTickets(IOptions<HopxMcpOptions> options, TimeProvider time) : IDisposable
{
    private const int MostTickets = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Ticket> _tickets = new(StringComparer.Ordinal);

    /// <summary>Makes a ticket; the grant is the ticket's from now on.</summary>
    /// <returns>The secret, which is kept nowhere, and how long it is good.</returns>
    public (string Secret, DateTimeOffset ExpiresAt) Issue(LiveGrant grant)
    {
        var secret = LiveSecret.Create();
        lock (_gate)
        {
            DropOver();
            if (_tickets.Count >= MostTickets)
            {
                Drop(_tickets.MinBy(ticket => ticket.Value.ExpiresAt).Key);
            }

            var expires = time.GetUtcNow() + options.Value.LiveTicketLifetime;
            _tickets.Add(LiveSecret.Hash(secret), new Ticket(grant, expires));
            return (secret, expires);
        }
    }

    /// <summary>Takes a ticket in; its grant is the caller's from now on.</summary>
    public LiveGrant Redeem(string? secret)
    {
        lock (_gate)
        {
            DropOver();
            // A used ticket and one that never was look alike: nothing is kept of either.
            return secret is { Length: > 0 } && _tickets.Remove(LiveSecret.Hash(secret), out var ticket)
                ? ticket.Grant
                : throw new HopxException(
                    HopxErrorCode.Forbidden,
                    $"This link was used already, or is older than {Minutes(options.Value.LiveTicketLifetime)}. Each opens the desktop once; ask for a new one.");
        }
    }

    /// <summary>Withdraws unused tickets to the control of a sandbox's desktop.</summary>
    /// <returns>How many there were.</returns>
    public int Withdraw(string principal, string sandboxId)
    {
        lock (_gate)
        {
            DropOver();
            var withdrawn = _tickets.Where(ticket => ticket.Value.Grant is { Access: LiveAccess.Control } grant && grant.SandboxId == sandboxId && grant.Caller.Principal == principal)
                .Select(ticket => ticket.Key)
                .ToList();
            withdrawn.ForEach(Drop);
            return withdrawn.Count;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _tickets.Keys.ToList().ForEach(Drop);
        }
    }

    internal static string Minutes(TimeSpan time) => time < TimeSpan.FromMinutes(1) ? $"{time.TotalSeconds:0} seconds" : time == TimeSpan.FromMinutes(1) ? "a minute" : $"{time.TotalMinutes:0.#} minutes";

    private void DropOver()
    {
        var now = time.GetUtcNow();
        _tickets.Where(ticket => ticket.Value.ExpiresAt <= now).Select(ticket => ticket.Key).ToList().ForEach(Drop);
    }

    private void Drop(string hash)
    {
        if (_tickets.Remove(hash, out var ticket))
        {
            ticket.Grant.Dispose();
        }
    }

    private sealed record Ticket(LiveGrant Grant, DateTimeOffset ExpiresAt);
}
