using System.Globalization;
using System.Text;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Finds things on the screen by what is written on them or by what applications say of them, and numbers them in the picture.</summary>
internal sealed class ScreenFinder(DesktopActor actor, DesktopReport report)
{
    private const int MostMarks = 50;
    private const int MostElements = 500;
    private const int MostName = 80;

    /// <param name="sandbox">Where.</param>
    /// <param name="text">What is written on it.</param>
    /// <param name="elements">What applications call it; when that says nothing, everything that can be used.</param>
    /// <param name="cancellationToken">The call's.</param>
    public async Task<CallToolResult> FindAsync(OpenSandbox sandbox, string? text, AccessibilityRequest elements, CancellationToken cancellationToken)
    {
        var (found, isCut) = text is null
            ? await FindElementsAsync(sandbox, elements, cancellationToken)
            : (await FindTextAsync(sandbox, text, cancellationToken), false);
        // Looked at afterwards, so that what is marked is what the picture shows.
        var seen = await LookAsync(sandbox, found, cancellationToken);
        var (width, height) = (seen.Result.ScreenWidth, seen.Result.ScreenHeight);
        PictureMark[] marks = [.. found.Where(mark => mark.Center is { X: >= 0, Y: >= 0 } center && center.X < width && center.Y < height)];
        var left = found.Count - marks.Length;
        string[] said =
        [
            marks is []
                ? $"Nothing was found. {(text is null ? "Not all programs say what they show: look for its text, or use the picture." : "Reading is not sure for small or stylized letters: look for a part of the text, for an element by role and name, or use the picture.")}"
                : $"{marks.Length} found; each has a frame and its number in the picture. Use mark with computer in place of coordinate.",
            .. isCut ? [$"There are more; these are the first {MostMarks}. Say more about what you look for."] : Array.Empty<string>(),
            .. left > 0 ? [$"{left} more are outside of the screen: scroll or move the window."] : Array.Empty<string>(),
        ];
        return report.OfLook(sandbox, seen, marks is [] ? null : marks, said, picture => List(picture, marks));
    }

    private Task<SeenScreen> LookAsync(OpenSandbox sandbox, IReadOnlyList<PictureMark> marks, CancellationToken cancellationToken)
    {
        var picture = actor.Picture with
        {
            Marks = marks is [] ? null : [.. marks.Select(mark => new ScreenMark { Number = mark.Number, X = mark.X, Y = mark.Y, Width = mark.Width, Height = mark.Height })],
        };
        return actor.ActAsync(sandbox, new ActRequest { Screenshot = picture }, cancellationToken);
    }

    private async Task<IReadOnlyList<PictureMark>> FindTextAsync(OpenSandbox sandbox, string text, CancellationToken cancellationToken)
    {
        var found = await actor.UseAsync(sandbox, (desktop, token) => desktop.FindTextAsync(text, token), cancellationToken);
        var places = found.Elements ?? (found.Element is { } best ? [best] : []);
        return [.. places.Take(MostMarks).Select((place, index) => new PictureMark { Number = index + 1, X = place.X, Y = place.Y, Width = place.Width, Height = place.Height, Name = place.Text })];
    }

    private async Task<(IReadOnlyList<PictureMark> Found, bool IsCut)> FindElementsAsync(OpenSandbox sandbox, AccessibilityRequest wanted, CancellationToken cancellationToken)
    {
        var isAny = wanted is { Role: null, Name: null };
        AccessibilityElements answer;
        try
        {
            answer = await actor.UseAsync(sandbox, (desktop, token) => desktop.FindAccessibleAsync(wanted with { Limit = MostElements }, token), cancellationToken);
        }
        catch (HopxException missing) when (DesktopActor.IsMissingRoute(missing) || (missing.InnerException is HopxException inner && DesktopActor.IsMissingRoute(inner)))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "This service cannot find elements by role and name. Look for text.", missing);
        }

        AccessibilityElement[] places = [.. (answer.Elements ?? []).Where(element => element is { Width: > 0, Height: > 0 } && (!isAny || CanBeUsed(element)))];
        // What lies exactly in another is clicked by the same click; two numbers on one place could not be read.
        places = isAny ? [.. places.GroupBy(element => (element.X, element.Y, element.Width, element.Height)).Select(same => same.Last())] : places;
        return (
            [.. places.Take(MostMarks).Select((element, index) => new PictureMark { Number = index + 1, X = element.X, Y = element.Y, Width = element.Width, Height = element.Height, Name = NameOf(element) })],
            answer.Truncated || places.Length > MostMarks);
    }

    private static bool CanBeUsed(AccessibilityElement element) =>
        element.Actions is { Count: > 0 } || (element.States ?? []).Any(state => state is "focusable" or "editable" or "selectable" or "checkable");

    private static string NameOf(AccessibilityElement element)
    {
        var states = (element.States ?? []).Where(state => state is "focused" or "checked" or "selected" or "expanded" or "pressed" or "editable").ToArray();
        // Buttons with an icon alone often have but a tooltip.
        var name = $"{element.Role} \"{(element.Name is { Length: > 0 } said ? said : element.Description)}\"";
        return name + (element.Value is { Length: > 0 } value ? $" holds \"{value}\"" : "") + (states is [] ? "" : $" ({string.Join(", ", states)})");
    }

    private static OutputSection List(SentPicture picture, IEnumerable<PictureMark> marks)
    {
        var lines = new StringBuilder();
        foreach (var mark in marks)
        {
            var center = mark.Center;
            var (x, y) = picture.FromScreen(center.X, center.Y);
            lines.Append(CultureInfo.InvariantCulture, $"{mark.Number} at {x},{y}: {OutputText.Line(mark.Name ?? "", MostName)}\n");
        }

        return new OutputSection("found", lines.ToString());
    }
}
