using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tools;

/// <summary>Waits until the browser has loaded a page: while a server lets it wait, nothing moves on the screen, which would pass for settled.</summary>
internal sealed class PageLoading(DesktopActor actor, IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const int MostSettlingMs = 8_000;

    // One button reloads a page that is there and stops one that is not yet; its description, the text of its tooltip, tells which.
    private const string StopDescription = "Stop loading";

    private static readonly AccessibilityRequest ReloadButton = new() { Role = "button", Name = "Reload", SkipDocuments = true };

    // A page goes on changing for a while, with pauses.
    private static readonly SettleRequest PageSettling = new() { QuietMs = 600, FirstMs = 1_000 };

    /// <returns>The screen, and whether the page was still loading when the time was over.</returns>
    public async Task<(SeenScreen Seen, bool IsLoading)> LookAsync(OpenSandbox sandbox, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var notices = new List<string>();
        bool isLoading;
        do
        {
            var left = options.Value.PagePatience - time.GetElapsedTime(started);
            var most = (int)Math.Clamp(left.TotalMilliseconds, PageSettling.FirstMs!.Value, MostSettlingMs);
            var waited = await actor.ActAsync(sandbox, new ActRequest { Actions = [DesktopActor.Nothing], Settle = PageSettling with { MaxMs = most } }, cancellationToken);
            // What the desktop tells, it tells once.
            notices.AddRange(waited.Result.Notices ?? []);
            isLoading = await IsLoadingAsync(sandbox, cancellationToken);
        }
        while (isLoading && time.GetElapsedTime(started) < options.Value.PagePatience);

        // Taken after the question: a page that came just before it is on the picture.
        var seen = await actor.LookAsync(sandbox, cancellationToken);
        return (seen with { Result = seen.Result with { Notices = [.. notices, .. seen.Result.Notices ?? []] } }, isLoading);
    }

    private async Task<bool> IsLoadingAsync(OpenSandbox sandbox, CancellationToken cancellationToken)
    {
        if (actor.IsPlain(sandbox))
        {
            return false;
        }

        try
        {
            var buttons = await actor.UseAsync(sandbox, static (desktop, token) => desktop.FindAccessibleAsync(ReloadButton, token), cancellationToken);
            return (buttons.Elements ?? []).Any(static button => button.Description?.StartsWith(StopDescription, StringComparison.Ordinal) is true);
        }
        catch (HopxException failure) when (!failure.MeansSandboxGone)
        {
            // Another browser, or none that says anything; then the settled screen is all there is to go by.
            return false;
        }
    }
}
