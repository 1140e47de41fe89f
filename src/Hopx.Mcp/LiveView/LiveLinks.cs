using System.Collections.Concurrent;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.LiveView;

/// <summary>Makes links to the live view, and remembers for each asking what it knows of earlier take-overs.</summary>
internal sealed class LiveLinks(LiveTickets tickets, LiveListener listener, CallerClients callers, IOptions<HopxMcpOptions> options, IHttpContextAccessor? http = null)
{
    private const int MostRemembered = 4096;

    // What ended before the asking is not what is waited for.
    private readonly ConcurrentDictionary<(string Principal, string SandboxId), string?> _known = new();

    /// <summary>A link that opens the desktop once. The ticket is its fragment, which browsers send to nobody.</summary>
    public async Task<LiveLink> CreateAsync(OpenSandbox sandbox, LiveAccess access, string? reason, CancellationToken cancellationToken)
    {
        var control = await LookAsync(sandbox, cancellationToken);
        if (access is LiveAccess.Control)
        {
            Remember(sandbox, control);
        }

        var address = options.Value.LiveViewUrl ?? AddressOfCall() ?? await listener.StartAsync(cancellationToken);
        var (secret, expires) = tickets.Issue(new LiveGrant(callers.Share(sandbox.Caller), sandbox.Id, access, reason));
        return new LiveLink($"{address.GetLeftPart(UriPartial.Authority)}{LiveRoutes.Path}/#{secret}", expires, control);
    }

    /// <summary>Who has control now; a service without the live view says so.</summary>
    public static async Task<DesktopControl> LookAsync(OpenSandbox sandbox, CancellationToken cancellationToken)
    {
        try
        {
            return await sandbox.Agent.Desktop.GetControlAsync(cancellationToken);
        }
        catch (HopxException missing) when (missing.StatusCode is 404 && !missing.MeansSandboxGone)
        {
            throw new HopxException(
                HopxErrorCode.DesktopNotAvailable,
                "This HopX service has no live view and no take-over; they are additions of this program's own control plane. Screenshots and input work as ever.",
                missing);
        }
    }

    /// <summary>Waits until a person has given control back.</summary>
    public async Task<(DesktopControl Control, bool IsReturned)> WaitAsync(OpenSandbox sandbox, CancellationToken cancellationToken)
    {
        var key = (sandbox.Caller.Principal, sandbox.Id);
        if (!_known.TryGetValue(key, out var known))
        {
            known = (await LookAsync(sandbox, cancellationToken)).Last?.Id;
        }

        var control = await sandbox.Agent.Desktop.WaitForControlAsync(known, options.Value.CallBudget, cancellationToken);
        var isReturned = !control.Taken && control.Last is { } last && last.Id != known;
        if (isReturned)
        {
            Remember(sandbox, control);
        }

        return (control, isReturned);
    }

    /// <summary>Withdraws links that nobody has used to take control.</summary>
    public int Withdraw(OpenSandbox sandbox) => tickets.Withdraw(sandbox.Caller.Principal, sandbox.Id);

    private void Remember(OpenSandbox sandbox, DesktopControl control)
    {
        if (_known.Count >= MostRemembered)
        {
            _known.Clear();
        }

        _known[(sandbox.Caller.Principal, sandbox.Id)] = control.Last?.Id;
    }

    // By the name that this server was called by, a browser beside the caller reaches it too.
    private Uri? AddressOfCall() => http?.HttpContext?.Request is { Host.HasValue: true } request ? new Uri($"{request.Scheme}://{request.Host}") : null;
}

/// <summary>A link, until when it opens, and who has control now.</summary>
internal sealed record LiveLink(string Url, DateTimeOffset ExpiresAt, DesktopControl Control);
