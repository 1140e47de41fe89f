using System.Globalization;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>Every action by every name that models have for it, and what the engine does for it. docs/desktop.md has the same as a table, which a test holds against this.</summary>
internal static class ComputerActions
{
    private const int PixelsPerNotch = 100;
    private const int MostNotches = 100;
    private const double DefaultNotches = 3;
    private const double DefaultWaitSeconds = 2;

    private static readonly Dictionary<string, Action<ComputerPlan, ComputerStep>> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["left_click"] = (plan, step) => Click(plan, step, "left", 1),
        ["right_click"] = (plan, step) => Click(plan, step, "right", 1),
        ["middle_click"] = (plan, step) => Click(plan, step, "middle", 1),
        ["click"] = (plan, step) => Click(plan, step, step.Button ?? "left", 1),
        ["double_click"] = (plan, step) => Click(plan, step, step.Button ?? "left", 2),
        ["triple_click"] = (plan, step) => Click(plan, step, step.Button ?? "left", 3),
        ["mouse_move"] = Move,
        ["move"] = Move,
        ["left_mouse_down"] = (plan, step) => Press(plan, step, "mouse_down"),
        ["left_mouse_up"] = (plan, step) => Press(plan, step, "mouse_up"),
        ["left_click_drag"] = DragBetween,
        ["drag"] = DragAlong,
        ["scroll"] = Scroll,
        ["type"] = Type,
        ["key"] = PressKeys,
        ["keypress"] = PressKeys,
        ["hold_key"] = HoldKey,
        ["wait"] = Wait,
        ["zoom"] = Zoom,
        // Every answer has the picture and the pointer.
        ["screenshot"] = static (_, _) => { },
        ["cursor_position"] = static (_, _) => { },
    };

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>Which action it is, in small letters.</summary>
    public static string NameOf(ComputerStep step)
    {
        var name = (step.Action ?? step.Type)?.Trim();
        return string.IsNullOrEmpty(name) ? throw Refusal($"action is missing. Use one of {string.Join(", ", Names)}.")
            : ByName.ContainsKey(name) ? name.ToLowerInvariant()
            : throw Refusal($"The action '{OutputText.Line(name, 40)}' is unknown. Use one of {string.Join(", ", Names)}.");
    }

    /// <summary>Adds what the engine has to do for one action.</summary>
    public static void Add(ComputerPlan plan, ComputerStep step)
    {
        var name = NameOf(step);
        plan.Begin(name);
        ByName[name](plan, step);
    }

    private static void Click(ComputerPlan plan, ComputerStep step, string button, int clicks)
    {
        var point = PointOf(plan, step);
        plan.Add(
            new DesktopAction { Type = "click", X = point?.X, Y = point?.Y, Button = button, Clicks = clicks is 1 ? null : clicks, Modifiers = ModifiersOf(step) },
            At(step));
    }

    private static void Move(ComputerPlan plan, ComputerStep step)
    {
        var point = PointOf(plan, step) ?? throw Refusal("coordinate is missing. Give the point to move to as [x, y].");
        plan.Add(new DesktopAction { Type = "move", X = point.X, Y = point.Y }, At(step));
    }

    private static void Press(ComputerPlan plan, ComputerStep step, string type)
    {
        var point = PointOf(plan, step);
        plan.Add(new DesktopAction { Type = type, X = point?.X, Y = point?.Y, Button = "left" }, At(step));
    }

    private static void DragBetween(ComputerPlan plan, ComputerStep step)
    {
        var end = PointOf(plan, step) ?? throw Refusal("coordinate is missing. Give the point to drag to as [x, y].");
        // Without a start it begins where the pointer is.
        ScreenPoint[] path = step.StartCoordinate is { } start ? [plan.Point(start, "start_coordinate"), end] : [end];
        plan.Add(new DesktopAction { Type = "drag", Path = path, Button = "left", Modifiers = ModifiersOf(step) }, $" to {Pair(step)}");
    }

    private static void DragAlong(ComputerPlan plan, ComputerStep step)
    {
        if (step.Path is not { Length: >= 2 } points)
        {
            throw Refusal("path is missing. Give at least two points, such as [{\"x\": 10, \"y\": 20}, {\"x\": 30, \"y\": 40}].");
        }

        plan.Add(
            new DesktopAction { Type = "drag", Path = [.. points.Select(point => plan.Point(PairOf(point), "path"))], Button = step.Button ?? "left", Modifiers = ModifiersOf(step) },
            string.Create(CultureInfo.InvariantCulture, $" along {points.Length} points"));
    }

    private static void Scroll(ComputerPlan plan, ComputerStep step)
    {
        var point = PointOf(plan, step);
        var (right, down) = step is { ScrollX: null, ScrollY: null } ? ByDirection(step) : (NotchesOf(plan, step.ScrollX), NotchesOf(plan, step.ScrollY));
        plan.Add(
            new DesktopAction { Type = "scroll", X = point?.X, Y = point?.Y, ScrollX = right is 0 ? null : right, ScrollY = down is 0 ? null : down, Modifiers = ModifiersOf(step) },
            At(step));
    }

    private static (int Right, int Down) ByDirection(ComputerStep step)
    {
        var amount = step.ScrollAmount ?? DefaultNotches;
        if (!(amount >= 0 && amount <= MostNotches))
        {
            throw Refusal(string.Create(CultureInfo.InvariantCulture, $"scroll_amount is {amount}; it must be from 0 to {MostNotches} notches of the wheel."));
        }

        var notches = (int)Math.Round(amount);
        return step.ScrollDirection?.ToLowerInvariant() switch
        {
            "up" => (0, -notches),
            "down" => (0, notches),
            "left" => (-notches, 0),
            "right" => (notches, 0),
            null => throw Refusal("scroll_direction is missing. Use up, down, left or right, or give scroll_x and scroll_y in pixels."),
            var other => throw Refusal($"scroll_direction is '{OutputText.Line(other, 40)}'. Use up, down, left or right."),
        };
    }

    private static int NotchesOf(ComputerPlan plan, double? pixels)
    {
        if (pixels is not { } length || length is 0)
        {
            return 0;
        }

        var notches = Math.Round(plan.LengthToScreen(length) / PixelsPerNotch, MidpointRounding.AwayFromZero);
        return Math.Abs(notches) <= MostNotches
            ? notches is 0 ? Math.Sign(length) : (int)notches
            : throw Refusal(string.Create(CultureInfo.InvariantCulture, $"Scrolling by {length} pixels is too much; at most {MostNotches * PixelsPerNotch} of the screen go in one action."));
    }

    private static void Type(ComputerPlan plan, ComputerStep step)
    {
        var text = step.Text ?? throw Refusal("text is missing. Give the text to type.");
        plan.Add(new DesktopAction { Type = "type", Text = text }, string.Create(CultureInfo.InvariantCulture, $" {text.Length} characters"));
    }

    private static void PressKeys(ComputerPlan plan, ComputerStep step)
    {
        if (step.Repeat is < 1 or > 100)
        {
            throw Refusal(string.Create(CultureInfo.InvariantCulture, $"repeat is {step.Repeat}; it must be from 1 to 100."));
        }

        if (step.Keys is { Length: > 0 } together)
        {
            plan.Add(new DesktopAction { Type = "key", Keys = together, Repeat = step.Repeat }, " " + OutputText.Line(string.Join('+', together), 40));
            return;
        }

        foreach (var combination in CombinationsOf(step))
        {
            plan.Add(new DesktopAction { Type = "key", Keys = [combination], Repeat = step.Repeat }, " " + OutputText.Line(combination, 40));
        }
    }

    private static void HoldKey(ComputerPlan plan, ComputerStep step)
    {
        var keys = step.Keys is { Length: > 0 } together ? together : CombinationsOf(step) is [var one] ? [one] : throw Refusal("hold_key holds one key or one combination, such as shift or ctrl+a.");
        plan.Wait(step.Duration ?? throw Refusal("duration is missing. Give the seconds to hold the key."));
        plan.Add(new DesktopAction { Type = "hold_key", Keys = keys, DurationMs = Milliseconds(step.Duration.Value) }, " " + OutputText.Line(string.Join('+', keys), 40));
    }

    private static void Wait(ComputerPlan plan, ComputerStep step)
    {
        var seconds = step.Duration ?? DefaultWaitSeconds;
        plan.Wait(seconds);
        plan.Add(new DesktopAction { Type = "wait", DurationMs = Milliseconds(seconds) }, string.Create(CultureInfo.InvariantCulture, $" {seconds} s"));
    }

    private static void Zoom(ComputerPlan plan, ComputerStep step)
    {
        if (step.Region is not { Length: 4 } region)
        {
            throw Refusal("region is missing. Give [x0, y0, x1, y1]: the upper left corner and the lower right one.");
        }

        plan.ZoomTo(region);
    }

    // As xdotool reads it: combinations one after the other, with spaces between.
    private static string[] CombinationsOf(ComputerStep step)
    {
        var text = step.Text ?? step.Key ?? "";
        return text is " " ? [" "]
            : text.Replace(" + ", "+", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } combinations ? combinations
            : throw Refusal("text is missing. Name a key, such as Return, ctrl+s or a.");
    }

    private static string[]? ModifiersOf(ComputerStep step) => step.Keys is { Length: > 0 } keys ? keys : (step.Text ?? step.Key) is { Length: > 0 } text ? [text] : null;

    private static ScreenPoint? PointOf(ComputerPlan plan, ComputerStep step)
    {
        if (step.Mark is { } number)
        {
            return plan.Mark(number);
        }

        if (step.Coordinate is { } coordinate)
        {
            return plan.Point(coordinate, "coordinate");
        }

        return (step.X, step.Y) switch
        {
            (null, null) => null,
            ({ } x, { } y) => plan.Point([x, y], "x and y"),
            _ => throw Refusal("One of x and y is missing. Give both."),
        };
    }

    private static double[] PairOf(JsonElement point)
    {
        if (point.ValueKind is JsonValueKind.Object && point.TryGetProperty("x", out var x) && point.TryGetProperty("y", out var y) && x.ValueKind is JsonValueKind.Number && y.ValueKind is JsonValueKind.Number)
        {
            return [x.GetDouble(), y.GetDouble()];
        }

        return point.ValueKind is JsonValueKind.Array && point.GetArrayLength() is 2 && point.EnumerateArray().All(number => number.ValueKind is JsonValueKind.Number)
            ? [point[0].GetDouble(), point[1].GetDouble()]
            : throw Refusal("A point of path is none. Write each as {\"x\": 10, \"y\": 20}.");
    }

    private static string At(ComputerStep step) => step.Mark is { } mark ? string.Create(CultureInfo.InvariantCulture, $" on mark {mark}") : Pair(step) is { Length: > 0 } pair ? " at " + pair : "";

    private static string Pair(ComputerStep step) =>
        step.Coordinate is [var left, var top] ? string.Create(CultureInfo.InvariantCulture, $"{left},{top}")
        : step is { X: { } x, Y: { } y } ? string.Create(CultureInfo.InvariantCulture, $"{x},{y}")
        : "";

    private static int Milliseconds(double seconds) => (int)Math.Round(seconds * 1_000);

    private static HopxException Refusal(string message) => new(HopxErrorCode.InvalidRequest, message);
}
