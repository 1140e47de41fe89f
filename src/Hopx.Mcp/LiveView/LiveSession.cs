using Hopx.Client;

namespace Hopx.Mcp.LiveView;

/// <summary>One browser at one desktop.</summary>
internal sealed class LiveSession(string id, LiveGrant grant, DateTimeOffset expiresAt) : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly SemaphoreSlim _control = new(1, 1);
    private DesktopControl? _held;
    private int _isOver;

    /// <summary>Names the session in addresses; by itself it opens nothing.</summary>
    public string Id => id;

    public LiveGrant Grant => grant;

    public DateTimeOffset ExpiresAt => expiresAt;

    /// <summary>Cancelled when the session is over.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>The secret by which this session's person acts; it never leaves this program.</summary>
    public string? Lease => Volatile.Read(ref _held)?.Lease;

    private DesktopClient Desktop => grant.Caller.Client.Agent(grant.SandboxId).Desktop;

    public Task<DesktopConnection> ConnectAsync(bool acts, CancellationToken cancellationToken) =>
        Desktop.ConnectAsync(acts ? Lease ?? throw NotHeld() : null, cancellationToken);

    public async Task<LiveControlFacts> LookAsync(CancellationToken cancellationToken)
    {
        var control = await Desktop.GetControlAsync(cancellationToken);
        return Describe(control);
    }

    public async Task<LiveControlFacts> TakeAsync(int? seconds, CancellationToken cancellationToken)
    {
        if (grant.Access is not LiveAccess.Control)
        {
            throw new HopxException(HopxErrorCode.Forbidden, "This link only shows the desktop. Ask for one that may take control.");
        }

        await _control.WaitAsync(cancellationToken);
        try
        {
            var control = await Desktop.GetControlAsync(cancellationToken);
            if (!IsMine(control))
            {
                control = await Desktop.TakeControlAsync(new TakeControlRequest { Holder = "A person at the live view", Seconds = seconds }, cancellationToken);
                Volatile.Write(ref _held, control);
            }

            return Describe(control);
        }
        finally
        {
            _control.Release();
        }
    }

    public async Task<LiveControlFacts> RenewAsync(int? seconds, CancellationToken cancellationToken) =>
        Describe(await Desktop.RenewControlAsync(Lease ?? throw NotHeld(), seconds is { } more ? TimeSpan.FromSeconds(more) : null, cancellationToken));

    public async Task<LiveControlFacts> ReleaseAsync(CancellationToken cancellationToken)
    {
        await _control.WaitAsync(cancellationToken);
        try
        {
            var report = await Desktop.ReleaseControlAsync(Lease ?? throw NotHeld(), cancellationToken);
            Volatile.Write(ref _held, null);
            return new LiveControlFacts { Summary = report.Summary };
        }
        finally
        {
            _control.Release();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            _over.Cancel();
            grant.Dispose();
        }
    }

    private LiveControlFacts Describe(DesktopControl control) => new()
    {
        Taken = control.Taken,
        Mine = IsMine(control),
        Holder = control.Holder,
        Since = control.Since,
        ExpiresAt = control.ExpiresAt,
    };

    private bool IsMine(DesktopControl control) => control.Taken && Volatile.Read(ref _held) is { } held && held.Since == control.Since;

    private static HopxException NotHeld() => new(HopxErrorCode.Forbidden, "You do not have control of this desktop (any more). Take control first.");
}
