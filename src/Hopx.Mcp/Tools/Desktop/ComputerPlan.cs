using System.Globalization;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>What the engine has to do for a call of <c>computer</c>, with the coordinates of the screen.</summary>
/// <param name="whole">The last picture of the whole screen.</param>
/// <param name="named">The picture that the caller named, whose coordinates count then.</param>
/// <param name="marked">The last picture with marks.</param>
internal sealed class ComputerPlan(SentPicture? whole, SentPicture? named, SentPicture? marked)
{
    private const int MostSteps = 100;
    private const double MostSeconds = 30;

    private readonly List<DesktopAction> _actions = [];
    private readonly List<int> _stepOfAction = [];
    private readonly List<string> _said = [];
    private double _seconds;

    public IReadOnlyList<DesktopAction> Actions => _actions;

    /// <summary>Part of the screen to show; all of it when null.</summary>
    public ScreenRegion? Zoom { get; private set; }

    /// <summary>The picture that the coordinates are of; null when none are used.</summary>
    public SentPicture? Reference { get; private set; }

    /// <summary>Each step in a few words.</summary>
    public IReadOnlyList<string> Said => _said;

    /// <summary>Refuses steps that are wrong whatever the screen shows.</summary>
    public static void Check(IReadOnlyList<ComputerStep> steps)
    {
        if (steps.Count is 0 or > MostSteps)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"There are {steps.Count} actions; give from 1 to {MostSteps}.");
        }

        foreach (var step in steps)
        {
            _ = ComputerActions.NameOf(step);
        }
    }

    public static ComputerPlan Of(IReadOnlyList<ComputerStep> steps, SentPicture? whole, SentPicture? named, SentPicture? marked)
    {
        Check(steps);
        var plan = new ComputerPlan(whole, named, marked);
        for (var i = 0; i < steps.Count; i++)
        {
            if (plan.Zoom is not null)
            {
                throw new HopxException(HopxErrorCode.InvalidRequest, "zoom must be the last of the actions: there is one picture, and it shows what they led to.");
            }

            try
            {
                ComputerActions.Add(plan, steps[i]);
            }
            catch (HopxException refusal) when (steps.Count > 1)
            {
                throw new HopxException(refusal.Code, string.Create(CultureInfo.InvariantCulture, $"Action {i + 1} of {steps.Count}: {refusal.Message}"), refusal);
            }
        }

        return plan;
    }

    /// <summary>The step that an action of the engine belongs to.</summary>
    public int StepOf(int action) => action < _stepOfAction.Count ? _stepOfAction[action] : _said.Count - 1;

    /// <summary>Adds an action of the engine to the step.</summary>
    public void Add(DesktopAction action, string details)
    {
        _actions.Add(action);
        _stepOfAction.Add(_said.Count - 1);
        _said[^1] += details;
    }

    /// <summary>Begins a step.</summary>
    public void Begin(string name) => _said.Add(name);

    public void Wait(double seconds)
    {
        if (!(seconds >= 0 && (_seconds += seconds) <= MostSeconds))
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                string.Create(CultureInfo.InvariantCulture, $"duration is {seconds} s; all waits of a call together take from 0 to {MostSeconds} s. Wait less, and call again."));
        }
    }

    public ScreenPoint Point(double[] pair, string name) => pair is [var x, var y]
        ? Picture(name).ToScreen(x, y)
        : throw new HopxException(HopxErrorCode.InvalidRequest, $"{name} has {pair.Length} numbers; write it as [x, y].");

    public void ZoomTo(double[] region) => Zoom = Picture("region").RegionToScreen(region[0], region[1], region[2], region[3]);

    /// <summary>Pixels of the screen for pixels of the picture; the same where there is no picture.</summary>
    public double LengthToScreen(double length) => (named ?? whole)?.LengthToScreen(length) ?? length;

    public ScreenPoint Mark(int number)
    {
        var picture = named ?? marked ?? throw new HopxException(HopxErrorCode.InvalidRequest, "No picture with marks was sent. Call find_on_screen first, or give a coordinate.");
        var mark = (picture.Marks ?? []).FirstOrDefault(mark => mark.Number == number)
            ?? throw new HopxException(
                HopxErrorCode.InvalidRequest,
                picture.Marks is { Count: > 0 } marks
                    ? $"Picture {picture.Id} has no mark {number}; it has {marks[0].Number} to {marks[^1].Number}."
                    : $"Picture {picture.Id} has no marks. Call find_on_screen first, or give a coordinate.");
        Use(picture);
        return mark.Center;
    }

    private SentPicture Picture(string name) => Use(named ?? whole ?? throw new HopxException(
        HopxErrorCode.InvalidRequest, $"No picture of this screen was sent yet, so {name} means nothing. Take a screenshot first, and give coordinates of it."));

    private SentPicture Use(SentPicture picture)
    {
        if (Reference is { } other && (other.ScreenWidth, other.ScreenHeight) != (picture.ScreenWidth, picture.ScreenHeight))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"Between the pictures {other.Id} and {picture.Id} the screen changed its size. Take a screenshot, and give coordinates of it alone.");
        }

        return Reference = picture;
    }
}
