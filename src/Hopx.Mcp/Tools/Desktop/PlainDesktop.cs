using System.Globalization;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>Acts by the plain routes of HopX, for services that have no other: what these cannot do is refused, and what they cannot tell is left open.</summary>
internal static class PlainDesktop
{
    public static async Task<SeenScreen> ActAsync(DesktopClient desktop, ActRequest request, CancellationToken cancellationToken)
    {
        var display = await desktop.GetDisplayAsync(cancellationToken);
        if (request is { ScreenWidth: { } width, ScreenHeight: { } height } && (display.Width, display.Height) != (width, height))
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"The screen is {display.Width}x{display.Height} by now, not {width}x{height} as in the picture that the coordinates are of. Take a screenshot and use its coordinates.");
        }

        var actions = request.Actions ?? [];
        var (done, refused) = (0, (string?)null);
        foreach (var action in actions)
        {
            try
            {
                await ActAsync(desktop, action, cancellationToken);
                done++;
            }
            catch (HopxException refusal) when (done > 0)
            {
                refused = string.Create(CultureInfo.InvariantCulture, $"Action {done + 1} of {actions.Count}: {refusal.Message}");
                break;
            }
        }

        var wanted = request.Screenshot;
        var picture = wanted is null ? null : await desktop.ScreenshotAsync(wanted, cancellationToken);
        if (picture is { SourceWidth: 0 } && wanted is { Width: { } partWidth, Height: { } partHeight })
        {
            picture = picture with { SourceX = wanted.X ?? 0, SourceY = wanted.Y ?? 0, SourceWidth = partWidth, SourceHeight = partHeight };
        }

        var result = new ActResult
        {
            Done = done,
            Refused = refused,
            ActiveWindow = await FindActiveAsync(desktop, cancellationToken),
            ScreenWidth = display.Width,
            ScreenHeight = display.Height,
            Screenshot = picture,
        };
        return new SeenScreen(result, IsPlain: true);
    }

    private static Task ActAsync(DesktopClient desktop, DesktopAction action, CancellationToken cancellationToken)
    {
        if (action.Modifiers is { Count: > 0 })
        {
            throw Cannot("hold keys during mouse actions");
        }

        return action switch
        {
            { Type: "move", X: { } x, Y: { } y } => desktop.MoveAsync(x, y, cancellationToken),
            { Type: "click", X: { } x, Y: { } y } => desktop.ClickAsync(x, y, action.Button, action.Clicks, cancellationToken),
            { Type: "click" } => throw Cannot("click without a coordinate"),
            { Type: "drag", Path: [var from, var to] } => desktop.DragAsync(
                new DragRequest { FromX = from.X, FromY = from.Y, ToX = to.X, ToY = to.Y, Button = action.Button }, cancellationToken),
            { Type: "drag" } => throw Cannot("drag but from one point to another"),
            { Type: "scroll" } => ScrollAsync(desktop, action, cancellationToken),
            { Type: "type", Text: { } text } => desktop.TypeAsync(text, cancellationToken: cancellationToken),
            { Type: "key" } => PressAsync(desktop, action, cancellationToken),
            { Type: "wait" } => Task.Delay(action.DurationMs ?? 0, cancellationToken),
            _ => throw Cannot($"do {action.Type}"),
        };
    }

    private static async Task ScrollAsync(DesktopClient desktop, DesktopAction action, CancellationToken cancellationToken)
    {
        if (action is { X: { } x, Y: { } y })
        {
            await desktop.MoveAsync(x, y, cancellationToken);
        }

        foreach (var (notches, back, forth) in new[] { (action.ScrollY ?? 0, "up", "down"), (action.ScrollX ?? 0, "left", "right") })
        {
            if (notches is not 0)
            {
                await desktop.ScrollAsync(new ScrollRequest { Amount = Math.Abs(notches), Direction = notches < 0 ? back : forth }, cancellationToken);
            }
        }
    }

    private static async Task PressAsync(DesktopClient desktop, DesktopAction action, CancellationToken cancellationToken)
    {
        string[] keys = [.. (action.Keys ?? []).SelectMany(key => key.Length > 1 ? key.Split('+', StringSplitOptions.RemoveEmptyEntries) : [key])];
        for (var i = 0; i < (action.Repeat ?? 1); i++)
        {
            await (keys is [var single] ? desktop.PressAsync(single, cancellationToken) : desktop.PressTogetherAsync(keys[..^1], keys[^1], cancellationToken));
        }
    }

    private static async Task<DesktopWindow?> FindActiveAsync(DesktopClient desktop, CancellationToken cancellationToken)
    {
        try
        {
            return (await desktop.ListWindowsAsync(cancellationToken)).FirstOrDefault(window => window.Focused || window.IsActive || window.IsActiveToo);
        }
        catch (HopxException)
        {
            // It is no more than worth knowing.
            return null;
        }
    }

    private static HopxException Cannot(string what) => new(HopxErrorCode.InvalidRequest, $"This service cannot {what}. Reach it in another way, for example with the keyboard.");
}
