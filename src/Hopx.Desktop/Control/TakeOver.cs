using System.Globalization;
using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Gives mouse and keyboard to a person and back, and finds out what became of the screen meanwhile.</summary>
internal sealed class TakeOver(WritingLease lease, ActionEngine engine, DesktopSupervisor desktop, DesktopLog log, TimeProvider time)
{
    private const int DefaultWaitSeconds = 30;
    private const int MostWaitSeconds = 300;
    private const int MostWindowsInWords = 5;
    private const int MostRegionsInWords = 5;
    private const int MostTitleLength = 80;

    public async Task<DesktopControl> TakeAsync(TakeControlRequest? request, CancellationToken cancellationToken)
    {
        await desktop.GetAsync(cancellationToken);
        var held = lease.Take(request);
        try
        {
            // What the agent was in the middle of ends first, so that none of it counts as the person's.
            var before = await engine.WithIdleHandsAsync(Remember, cancellationToken);
            log.Add("desktop", $"{held.Holder} has taken control.");
            _ = ReturnAsync(held, before);
        }
        catch
        {
            held.End(WritingLease.Ending.Left);
            _ = ReturnAsync(held, before: null);
            throw;
        }

        return lease.Describe() with { Lease = held.Key };
    }

    public async Task<TakeOverReport> ReleaseAsync(HeldControlRequest? request, CancellationToken cancellationToken) =>
        await lease.Release(request?.Lease).Returned.Task.WaitAsync(cancellationToken);

    /// <summary>Waits until a take-over that the caller does not know of has ended. What it is told then is not told again.</summary>
    public async Task<DesktopControl> WaitAsync(ControlWaitRequest? request, CancellationToken cancellationToken)
    {
        if (request?.Seconds is < 0 or > MostWaitSeconds)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'seconds' is {request.Seconds}; it must be from 0 to {MostWaitSeconds}.");
        }

        var isReturned = await lease.Changed.UntilAsync(
            () => !lease.IsTaken && lease.Last?.Id != request?.Known, TimeSpan.FromSeconds(request?.Seconds ?? DefaultWaitSeconds), time, cancellationToken);
        var control = lease.Describe();
        if (isReturned && control.Last is { } last)
        {
            log.RemoveNotice(last.Summary);
        }

        return control;
    }

    private static ScreenMemory Remember(DesktopSession session)
    {
        // A button or a key that the agent holds down would be in the person's way.
        session.Keyboard.ReleaseAll();
        session.Pointer.ReleaseAll();
        return new ScreenMemory(session, session.Screen.Capture(), session.Windows.List());
    }

    private async Task ReturnAsync(WritingLease.Held held, ScreenMemory? before)
    {
        var ending = await held.Over;
        var report = new TakeOverReport
        {
            Id = held.Id,
            Holder = held.Holder,
            Since = held.Since,
            EndedAt = time.GetUtcNow(),
            Ending = ending switch { WritingLease.Ending.Released => "released", WritingLease.Ending.Expired => "expired", _ => "left" },
            Summary = "",
        };
        using (before)
        {
            report = Compare(report, before);
        }

        report = report with { Summary = InWords(report, isCompared: before is { Session.X.IsLost: false }) };
        log.AddNotice(report.Summary);
        lease.Return(held, report);
        held.Returned.TrySetResult(report);
    }

    private TakeOverReport Compare(TakeOverReport report, ScreenMemory? before)
    {
        if (before is null || before.Session.X.IsLost)
        {
            return report;
        }

        try
        {
            using var after = before.Session.Screen.Capture();
            var windows = before.Session.Windows.List();
            return report with
            {
                ChangedRegions = [.. FrameDifference.Find(before.Frame, after).Select(region => new ScreenRegion { X = region.X, Y = region.Y, Width = region.Width, Height = region.Height })],
                OpenedWindows = [.. windows.Where(window => before.Windows.All(other => other.Id != window.Id))],
                ClosedWindows = [.. before.Windows.Where(window => windows.All(other => other.Id != window.Id))],
                ActiveWindow = before.Session.Windows.Active(),
            };
        }
        catch (HopxException lost)
        {
            // The X server ended in this moment; that it did is told by itself.
            log.Add("desktop", $"the screen could not be compared: {lost.Message}");
            return report;
        }
    }

    private static string InWords(TakeOverReport report, bool isCompared)
    {
        var length = report.EndedAt - report.Since;
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{report.Holder} had control of the desktop for {(length.TotalMinutes >= 1 ? $"{(int)length.TotalMinutes} min " : "")}{length.Seconds} s");
        text.Append(report.Ending switch { "released" => " and gave it back.", "expired" => "; the time was up.", _ => " and is not connected any more." });
        if (!isCompared)
        {
            return text.Append(" What changed is not known.").ToString();
        }

        var regions = report.ChangedRegions ?? [];
        text.Append(regions.Count switch
        {
            0 => " The screen looks as before.",
            1 => $" The screen changed at {Place(regions[0])}.",
            _ => $" The screen changed in {regions.Count} places: {string.Join("; ", regions.OrderByDescending(region => region.Width * region.Height).Take(MostRegionsInWords).Select(Place))}.",
        });
        text.Append(Titles(" Windows opened: ", report.OpenedWindows)).Append(Titles(" Windows closed: ", report.ClosedWindows));
        text.Append(report.ActiveWindow is { } active ? $" Active window: {Title(active)}." : " No window is active.");
        return text.Append(" Take a new screenshot before going on.").ToString();
    }

    private static string Place(ScreenRegion region) => $"x {region.X}, y {region.Y}, {region.Width} by {region.Height}";

    private static string Titles(string what, IReadOnlyList<DesktopWindow>? windows) => windows is not { Count: > 0 }
        ? ""
        : $"{what}{string.Join(", ", windows.Take(MostWindowsInWords).Select(Title))}{(windows.Count > MostWindowsInWords ? $" and {windows.Count - MostWindowsInWords} more" : "")}.";

    private static string Title(DesktopWindow window)
    {
        // Programs choose their titles; they must not break the sentence.
        var title = string.Concat((window.Title ?? window.ClassName ?? window.Id).Where(symbol => !char.IsControl(symbol) && symbol is not '"'));
        return $"\"{(title.Length > MostTitleLength ? title[..MostTitleLength] + "…" : title)}\"";
    }

    /// <summary>The screen when a person took over.</summary>
    private sealed record ScreenMemory(DesktopSession Session, Frame Frame, IReadOnlyList<DesktopWindow> Windows) : IDisposable
    {
        public void Dispose() => Frame.Dispose();
    }
}
