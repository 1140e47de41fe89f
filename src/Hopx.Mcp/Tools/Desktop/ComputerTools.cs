using System.Text.Json.Nodes;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>The desktop of a sandbox: look, and act with mouse and keyboard.</summary>
[McpServerToolType]
internal sealed partial class ComputerTools(ConversationSandboxes sandboxes, DesktopActor actor, DesktopReport report, SentPictures pictures, OfferedTools offered)
{
    /// <summary>See the sandbox's desktop, or a region of it in native pixels. Makes a sandbox with a desktop if there is none.</summary>
    /// <param name="region">[x0, y0, x1, y1] in the last picture.</param>
    /// <param name="format">png, jpeg or webp.</param>
    [McpServerTool(Name = "screenshot", Title = "Screenshot", ReadOnly = true, Destructive = false, Idempotent = true, OpenWorld = false)]
    public partial Task<CallToolResult> ScreenshotAsync(
        ToolCall call,
        CancellationToken cancellationToken,
        double[]? region = null,
        string? format = null,
        int? max_edge = null,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var picture = actor.Picture;
        picture = picture with
        {
            Format = string.IsNullOrWhiteSpace(format) ? picture.Format : FormatOf(format.Trim()),
            MaxEdge = max_edge is null ? picture.MaxEdge : EdgeOf(max_edge.Value),
            MaxPixels = max_edge is null ? picture.MaxPixels : null,
        };
        ComputerStep[] steps = [region is null ? new ComputerStep { Action = "screenshot" } : new ComputerStep { Action = "zoom", Region = region }];
        return ActAsync(call, steps, picture, pictureId: null, sandbox_id, conversation, cancellationToken);
    }

    /// <summary>Act with mouse and keyboard on the sandbox's desktop. Waits until the screen has settled and answers with a picture, what changed, the pointer and the active window.</summary>
    /// <param name="action">left_click, right_click, middle_click, double_click, triple_click, mouse_move, left_click_drag, left_mouse_down, left_mouse_up, scroll, type, key, hold_key, wait, zoom, cursor_position or screenshot.</param>
    /// <param name="coordinate">[x, y] in the last picture.</param>
    /// <param name="start_coordinate">Of left_click_drag.</param>
    /// <param name="text">To type; key such as ctrl+s; keys held during a click or scroll.</param>
    /// <param name="scroll_direction">up, down, left or right.</param>
    /// <param name="scroll_amount">Wheel notches.</param>
    /// <param name="duration">Seconds, of wait and hold_key.</param>
    /// <param name="region">[x0, y0, x1, y1] to zoom.</param>
    /// <param name="repeat">Of key.</param>
    /// <param name="mark">Number of find_on_screen, in place of coordinate.</param>
    /// <param name="actions">Several in one go, each with these arguments.</param>
    /// <param name="picture_id">Picture of the coordinates, if not the last.</param>
    [McpServerTool(Name = ComputerArguments.Tool, Title = "Computer", ReadOnly = false, Destructive = true, Idempotent = false, OpenWorld = true)]
    public async partial Task<CallToolResult> ComputerAsync(
        ToolCall call,
        CancellationToken cancellationToken,
        string? action = null,
        double[]? coordinate = null,
        double[]? start_coordinate = null,
        string? text = null,
        string? scroll_direction = null,
        double? scroll_amount = null,
        double? duration = null,
        double[]? region = null,
        int? repeat = null,
        int? mark = null,
        JsonObject[]? actions = null,
        string? picture_id = null,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var single = new ComputerStep
        {
            Action = action,
            Coordinate = coordinate,
            StartCoordinate = start_coordinate,
            Text = text,
            ScrollDirection = scroll_direction,
            ScrollAmount = scroll_amount,
            Duration = duration,
            Region = region,
            Repeat = repeat,
            Mark = mark,
        };
        if (actions is not null && single != new ComputerStep())
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "Give either action with its arguments or actions, whose entries have their own.");
        }

        var steps = actions is null ? [single] : actions.Select(ComputerStep.Read).ToArray();
        try
        {
            return await ActAsync(call, steps, actor.Picture, picture_id, sandbox_id, conversation, cancellationToken);
        }
        catch (HopxException refusal) when (refusal.Code is HopxErrorCode.InvalidRequest or HopxErrorCode.MissingParameter or HopxErrorCode.PayloadTooLarge)
        {
            throw new HopxException(refusal.Code, "Refused. " + refusal.Message, refusal);
        }
    }

    private Task<CallToolResult> ActAsync(
        ToolCall call, ComputerStep[] steps, ScreenshotRequest picture, string? pictureId, string? sandboxId, string? conversation, CancellationToken cancellationToken)
    {
        // What is wrong whatever the screen shows is said before a sandbox is made for it.
        ComputerPlan.Check(steps);
        return sandboxes.UseAsync(
            call,
            sandboxId,
            conversation,
            offered.IsReadOnly ? WhenMissing.Refuse : WhenMissing.CreateWithDesktop,
            async (sandbox, token) =>
            {
                var plan = ComputerPlan.Of(
                    steps,
                    pictures.Newest(sandbox, sent => sent.IsWhole),
                    Named(sandbox, pictureId),
                    steps.Any(step => step.Mark is not null) ? pictures.Newest(sandbox, sent => sent.Marks is { Count: > 0 }) : null);
                var request = new ActRequest
                {
                    Actions = plan.Actions is [] ? null : plan.Actions,
                    Settle = actor.Settling,
                    ScreenWidth = plan.Reference?.ScreenWidth,
                    ScreenHeight = plan.Reference?.ScreenHeight,
                    Screenshot = plan.Zoom is not { } zoom ? picture : picture with { X = zoom.X, Y = zoom.Y, Width = zoom.Width, Height = zoom.Height },
                };
                return report.OfPlan(sandbox, await actor.ActAsync(sandbox, request, token), plan);
            },
            cancellationToken);
    }

    private SentPicture? Named(OpenSandbox sandbox, string? pictureId)
    {
        var id = pictureId?.Trim();
        return string.IsNullOrEmpty(id) ? null : pictures.Find(sandbox, id) ?? throw new HopxException(
            HopxErrorCode.InvalidRequest,
            $"Picture '{OutputText.Line(id, 40)}' is none of the last {SentPictures.PerSandbox} of sandbox {sandbox.Id}. Take a screenshot, and give coordinates of it.");
    }

    private static string FormatOf(string format) => format.ToLowerInvariant() is "png" or "jpeg" or "jpg" or "webp"
        ? format.ToLowerInvariant()
        : throw new HopxException(HopxErrorCode.InvalidRequest, $"format is '{OutputText.Line(format, 40)}'. Use png, jpeg or webp.");

    private static int EdgeOf(int edge) => edge is >= 64 and <= 8_000
        ? edge
        : throw new HopxException(HopxErrorCode.InvalidRequest, $"max_edge is {edge}; it must be from 64 to 8000 pixels.");
}
