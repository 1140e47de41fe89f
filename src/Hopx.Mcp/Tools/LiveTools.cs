using System.Globalization;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.LiveView;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>People at the desktop: they watch it, or take it over for a while.</summary>
[McpServerToolType]
internal sealed partial class LiveTools(ConversationSandboxes sandboxes, LiveLinks links)
{
    private const int MostReasonLength = 500;

    /// <summary>Get a link at which the user can watch the sandbox's desktop in a browser, without touching it. Show it to them as it is; it opens once, within 2 minutes.</summary>
    [McpServerTool(
        Name = "desktop_view", Title = "Watch the desktop", ReadOnly = true, Destructive = false, Idempotent = false, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(LiveFacts))]
    public partial Task<CallToolResult> ViewAsync(ToolCall call, CancellationToken cancellationToken, string? sandbox_id = null, string? conversation = null) => sandboxes.UseAsync(
        call,
        sandbox_id,
        conversation,
        WhenMissing.Refuse,
        async (sandbox, token) =>
        {
            var link = await links.CreateAsync(sandbox, LiveAccess.View, reason: null, token);
            return Answer(sandbox, "view", $"Show the user this link: {link.Url}\nIt shows the desktop of sandbox {sandbox.Id}, opens once, and must be opened by {Clock(link.ExpiresAt)}.", link);
        },
        cancellationToken);

    /// <summary>Let the user take mouse and keyboard of the desktop, to log in, solve a captcha or decide. ask: get a link to show them as it is. wait: until they gave control back, or 45 s are over; says what changed. cancel: withdraw an unused link. Meanwhile your input is refused; screenshots work.</summary>
    /// <param name="reason">For ask: what the user is to do. They see it.</param>
    [McpServerTool(
        Name = "desktop_take_over", Title = "Hand over the desktop", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(LiveFacts))]
    public partial Task<CallToolResult> TakeOverAsync(
        ToolCall call, TakeOverAction action, CancellationToken cancellationToken, string? reason = null, string? sandbox_id = null, string? conversation = null)
    {
        reason = CheckReason(action, reason);
        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Refuse,
            (sandbox, token) => action switch
            {
                TakeOverAction.Ask => AskAsync(sandbox, reason, token),
                TakeOverAction.Wait => WaitAsync(sandbox, token),
                _ => CancelAsync(sandbox, token),
            },
            cancellationToken);
    }

    private async Task<CallToolResult> AskAsync(OpenSandbox sandbox, string? reason, CancellationToken cancellationToken)
    {
        var link = await links.CreateAsync(sandbox, LiveAccess.Control, reason, cancellationToken);
        var text = $"Show the user this link: {link.Url}\nIt opens once, by {Clock(link.ExpiresAt)}; there they take control and give it back. Then call desktop_take_over with action wait.";
        return Answer(sandbox, "asked", link.Control.Taken ? $"{text}\n{Taken(link.Control)}" : text, link);
    }

    private async Task<CallToolResult> WaitAsync(OpenSandbox sandbox, CancellationToken cancellationToken)
    {
        var (control, isReturned) = await links.WaitAsync(sandbox, cancellationToken);
        if (isReturned)
        {
            return Answer(sandbox, "returned", control.Last!.Summary, control);
        }

        return control.Taken
            ? Answer(sandbox, "taken", $"{Taken(control)} Call desktop_take_over with action wait again.", control)
            : Answer(sandbox, "waiting", "Nobody has taken control yet. Call desktop_take_over with action wait again; when the link was not opened in time, ask for a new one.", control);
    }

    private async Task<CallToolResult> CancelAsync(OpenSandbox sandbox, CancellationToken cancellationToken)
    {
        var withdrawn = links.Withdraw(sandbox);
        var control = await LiveLinks.LookAsync(sandbox, cancellationToken);
        var text = withdrawn is 0 ? "There was no unused link." : "The link is withdrawn.";
        return Answer(sandbox, control.Taken ? "taken" : "free", control.Taken ? $"{text} {Taken(control)} Only they can give it back." : $"{text} You have mouse and keyboard.", control);
    }

    private static CallToolResult Answer(OpenSandbox sandbox, string status, string text, LiveLink link) => Results.Of(
        text, new LiveFacts { SandboxId = sandbox.Id, Status = status, Link = link.Url, LinkExpiresAt = link.ExpiresAt, Note = sandbox.Note }, ToolJson.Default.LiveFacts);

    private static CallToolResult Answer(OpenSandbox sandbox, string status, string text, DesktopControl control) => Results.Of(
        text,
        new LiveFacts
        {
            SandboxId = sandbox.Id,
            Status = status,
            Holder = control.Holder,
            Since = control.Since,
            Until = control.ExpiresAt,
            Changes = status is "returned" ? control.Last!.Summary : null,
            Note = sandbox.Note,
        },
        ToolJson.Default.LiveFacts);

    private static string Taken(DesktopControl control) => $"{OutputText.Line(control.Holder ?? "A person", 100)} has control since {Clock(control.Since)}, until {Clock(control.ExpiresAt)} at the latest unless they prolong it.";

    private static string Clock(DateTimeOffset? at) => at is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:HH:mm:ss} UTC") : "an unknown time";

    private static string? CheckReason(TakeOverAction action, string? reason)
    {
        if (string.IsNullOrWhiteSpace(reason))
        {
            return null;
        }

        if (action is not TakeOverAction.Ask)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "reason goes only with action ask.");
        }

        return reason.Length <= MostReasonLength
            ? reason.Trim()
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"reason has {reason.Length} characters; at most {MostReasonLength} are shown to the user.");
    }
}
