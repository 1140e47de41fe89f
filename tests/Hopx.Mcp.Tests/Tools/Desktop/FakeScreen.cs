using Hopx.Client;
using Hopx.Testing;

namespace Hopx.Mcp.Tests.Tools;

/// <summary>A screen without anything on it: takes what it is asked and answers with a picture of the right size.</summary>
internal sealed class FakeScreen
{
    private readonly Lock _gate = new();
    private readonly List<ActRequest> _asked = [];

    public FakeScreen(FakeHopxCloud cloud) => cloud.Act = Act;

    public int Width { get; set; } = 1280;

    public int Height { get; set; } = 800;

    /// <summary>What the actions led to.</summary>
    public ActResult Effect { get; set; } = new() { Settled = true, SettleMs = 150, Pointer = new ScreenPoint { X = 640, Y = 400 } };

    /// <summary>Requests, the last one last.</summary>
    public IReadOnlyList<ActRequest> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    public ActRequest Last => Asked[^1];

    private ActResult Act(ActRequest request)
    {
        lock (_gate)
        {
            _asked.Add(request);
        }

        if (request.ScreenWidth is { } width && (width, request.ScreenHeight) != (Width, Height))
        {
            throw new FakeErrorException(HopxErrorCode.InvalidRequest, $"The screen is {Width}x{Height} by now");
        }

        return Effect with
        {
            Done = Effect.Refused is null ? request.Actions?.Count ?? 0 : Effect.Done,
            ScreenWidth = Width,
            ScreenHeight = Height,
            Screenshot = request.Screenshot is { } wanted ? Show(wanted) : null,
        };
    }

    private Screenshot Show(ScreenshotRequest wanted)
    {
        var (width, height) = (wanted.Width ?? Width, wanted.Height ?? Height);
        var scale = Math.Min(1, Math.Min((double)(wanted.MaxEdge ?? int.MaxValue) / Math.Max(width, height), Math.Sqrt((double)(wanted.MaxPixels ?? int.MaxValue) / ((long)width * height))));
        var (shownWidth, shownHeight) = ((int)Math.Round(width * scale), (int)Math.Round(height * scale));
        return new Screenshot
        {
            Image = Convert.ToBase64String(TestPictures.Png(shownWidth, shownHeight)),
            Format = "png",
            Width = shownWidth,
            Height = shownHeight,
            SourceX = wanted.X ?? 0,
            SourceY = wanted.Y ?? 0,
            SourceWidth = width,
            SourceHeight = height,
        };
    }
}
