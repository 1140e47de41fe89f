using System.Globalization;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>The one pair of hands: does actions in order, one caller after the other, and tells what came of them. Nothing is done while a person has control.</summary>
internal sealed class ActionEngine(DesktopSupervisor desktop, ScreenSettling settling, WritingLease lease, DesktopLog log, TimeProvider time) : IDisposable
{
    private const int MostActions = 100;
    private const int MostRepeats = 100;
    private const int MostWaitMs = 30_000;

    private static readonly SettlePatience BetweenActions = new(TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(20));

    private readonly SemaphoreSlim _hands = new(1, 1);

    /// <summary>One action of one of the plain routes.</summary>
    public async Task DoAsync(Func<DesktopSession, CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        lease.ThrowIfTaken();
        await _hands.WaitAsync(cancellationToken);
        try
        {
            await UnlessTakenAsync(async token => await action(await desktop.GetAsync(token), token), cancellationToken);
        }
        finally
        {
            _hands.Release();
        }
    }

    /// <summary>Does something between two actions, when nobody is in the middle of one.</summary>
    public async Task<T> WithIdleHandsAsync<T>(Func<DesktopSession, T> work, CancellationToken cancellationToken)
    {
        await _hands.WaitAsync(cancellationToken);
        try
        {
            return work(await desktop.GetAsync(cancellationToken));
        }
        finally
        {
            _hands.Release();
        }
    }

    public async Task<ActResult> ActAsync(ActRequest request, CancellationToken cancellationToken)
    {
        var actions = request.Actions ?? [];
        if (actions.Count > MostActions)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{actions.Count} actions are too many for one call; at most {MostActions} go at once.");
        }

        if (request.Screenshot is { } wanted)
        {
            PictureEncoder.Check(wanted);
        }

        var patience = SettlePatience.Of(request.Settle);
        if (actions.Any(IsInput))
        {
            lease.ThrowIfTaken();
        }

        await _hands.WaitAsync(cancellationToken);
        try
        {
            return actions.Any(IsInput) ? await ActOnAsync(await desktop.GetAsync(cancellationToken)) : await desktop.LookAsync(ActOnAsync, cancellationToken);
        }
        finally
        {
            _hands.Release();
        }

        Task<ActResult> ActOnAsync(DesktopSession session)
        {
            CheckSize(session, request);
            return ActAsync(session, actions, patience, request.Screenshot, cancellationToken);
        }
    }

    public void Dispose() => _hands.Dispose();

    private static void CheckSize(DesktopSession session, ActRequest request)
    {
        if (request.ScreenWidth is not { } width || request.ScreenHeight is not { } height)
        {
            return;
        }

        var now = session.X.ScreenSize();
        if (now != (width, height))
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"The screen is {now.Width}x{now.Height} by now, not {width}x{height} as in the picture that the coordinates are of. Take a screenshot and use its coordinates.");
        }
    }

    private async Task<ActResult> ActAsync(
        DesktopSession session, IReadOnlyList<DesktopAction> actions, SettlePatience patience, ScreenshotRequest? wanted, CancellationToken cancellationToken)
    {
        using var before = actions.Count > 0 ? session.Screen.Capture() : null;
        var windowBefore = before is null ? null : session.Windows.Active();
        var isRestless = settling.IsRestless(session.Screen);
        var (done, refused) = await DoAsync(session, actions, cancellationToken);
        var acted = time.GetTimestamp();
        var isSettled = actions.Count == 0;
        await UntilTakenAsync(async token => isSettled = isSettled || await settling.WaitAsync(session, patience, isRestless, token), cancellationToken);
        var windowAfter = session.Windows.Active();
        var isOtherWindow = before is not null && (windowBefore?.Id, windowBefore?.Title) != (windowAfter?.Id, windowAfter?.Title);
        if (isOtherWindow && !HasChanged(session, before!))
        {
            // A page that loads tells its title before it is drawn.
            await UntilTakenAsync(async token => isSettled = await settling.WaitAsync(session, patience with { First = patience.Most }, isRestless, token), cancellationToken);
        }

        using var after = session.Screen.Capture();
        var changes = before is null ? [] : FrameDifference.Find(before, after);
        var settleMs = time.GetElapsedTime(acted).TotalMilliseconds;
        var (pointerX, pointerY) = session.Pointer.Position();
        return new ActResult
        {
            Done = done,
            Refused = refused,
            Changed = changes.Count > 0 || isOtherWindow,
            ChangedRegions = [.. changes.Select(region => new ScreenRegion { X = region.X, Y = region.Y, Width = region.Width, Height = region.Height })],
            Settled = isSettled,
            SettleMs = Math.Round(settleMs, 1),
            Pointer = new ScreenPoint { X = pointerX, Y = pointerY },
            ActiveWindow = windowAfter,
            ScreenWidth = after.Width,
            ScreenHeight = after.Height,
            Screenshot = wanted is null ? null : ScreenPictures.Show(session.Screen, after, wanted, time.GetUtcNow(), withData: false),
            Notices = log.TakeNotices(),
        };
    }

    private static bool HasChanged(DesktopSession session, Frame before)
    {
        using var now = session.Screen.Capture();
        return FrameDifference.Find(before, now).Count > 0;
    }

    private async Task<(int Done, string? Refused)> DoAsync(DesktopSession session, IReadOnlyList<DesktopAction> actions, CancellationToken cancellationToken)
    {
        for (var i = 0; i < actions.Count; i++)
        {
            try
            {
                var action = actions[i];
                await (IsInput(action)
                    ? UnlessTakenAsync(token => DoAsync(session, action, token), cancellationToken)
                    : UntilTakenAsync(token => DoAsync(session, action, token), cancellationToken));
                if (i < actions.Count - 1)
                {
                    // A menu has to open before it is clicked, and a paste to arrive before the next key.
                    await settling.WaitAsync(session, BetweenActions, isRestless: false, cancellationToken);
                }
            }
            catch (HopxException refusal) when (i > 0 && !session.X.IsLost)
            {
                // What the others did cannot be undone, so the caller has to see it.
                return (i, string.Create(CultureInfo.InvariantCulture, $"Action {i + 1} of {actions.Count}: {refusal.Message}"));
            }
        }

        return (actions.Count, null);
    }

    /// <summary>Does the work; refused, or cut short, when a person takes over.</summary>
    private async Task UnlessTakenAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var free = lease.Free;
        lease.ThrowIfTaken();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, free);
        try
        {
            await work(either.Token);
        }
        catch (OperationCanceledException) when (free.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw lease.Refusal();
        }
    }

    /// <summary>Waits, but no longer once a person wants the hands that this holds.</summary>
    private async Task UntilTakenAsync(Func<CancellationToken, Task> wait, CancellationToken cancellationToken)
    {
        var free = lease.Free;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, free.IsCancellationRequested ? default : free);
        try
        {
            await wait(either.Token);
        }
        catch (OperationCanceledException) when (free.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The caller is told by the next action, or sees it in the picture.
        }
    }

    private static bool IsInput(DesktopAction action) => !"wait".Equals(action.Type, StringComparison.OrdinalIgnoreCase);

    private async Task DoAsync(DesktopSession session, DesktopAction action, CancellationToken cancellationToken)
    {
        switch (action.Type?.ToLowerInvariant())
        {
            case "move":
                session.Pointer.Move(action.X, action.Y);
                break;
            case "click":
                await session.Pointer.ClickAsync(action.X, action.Y, action.Button, action.Clicks, action.Modifiers);
                break;
            case "mouse_down":
                session.Pointer.Down(action.X, action.Y, action.Button);
                break;
            case "mouse_up":
                session.Pointer.Up(action.X, action.Y, action.Button);
                break;
            case "drag":
                await session.Pointer.DragAsync(action.Path ?? [], action.Button, action.Modifiers, cancellationToken);
                break;
            case "scroll":
                await session.Pointer.ScrollAsync(action.X, action.Y, action.ScrollX ?? 0, action.ScrollY ?? 0, action.Modifiers);
                break;
            case "type":
                await session.Keyboard.TypeAsync(
                    action.Text ?? throw new HopxException(HopxErrorCode.MissingParameter, "'text' is missing. Give the text to type."), TimeSpan.Zero, cancellationToken);
                break;
            case "key":
                await session.Keyboard.PressAsync(action.Keys ?? [], Checked(action.Repeat ?? 1, 1, MostRepeats, "repeat"), TimeSpan.Zero, cancellationToken);
                break;
            case "hold_key":
                await session.Keyboard.PressAsync(action.Keys ?? [], 1, Duration(action), cancellationToken);
                break;
            case "wait":
                await Task.Delay(Duration(action), time, cancellationToken);
                break;
            default:
                throw new HopxException(
                    HopxErrorCode.InvalidRequest,
                    $"The action '{(action.Type?.Length > 40 ? action.Type[..40] : action.Type)}' is unknown. Use move, click, mouse_down, mouse_up, drag, scroll, type, key, hold_key or wait.");
        }
    }

    private static TimeSpan Duration(DesktopAction action) => TimeSpan.FromMilliseconds(Checked(action.DurationMs ?? 0, 0, MostWaitMs, "duration_ms"));

    private static int Checked(int value, int least, int most, string name) => value >= least && value <= most
        ? value
        : throw new HopxException(HopxErrorCode.InvalidRequest, $"'{name}' is {value}; it must be from {least} to {most}.");
}
