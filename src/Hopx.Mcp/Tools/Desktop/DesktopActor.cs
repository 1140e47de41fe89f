using System.Collections.Concurrent;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tools;

/// <summary>Acts on the desktop of a sandbox, whatever its service can do, and says it in words when there is none.</summary>
internal sealed class DesktopActor(IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const int MostKnown = 4_096;

    // A browser that was told to load a page shows nothing of it for a while; "nothing happened" should be right, and a call still be quick.
    private const int FirstChangeMs = 250;

    /// <summary>For a call that only waits and looks.</summary>
    public static readonly DesktopAction Nothing = new() { Type = "wait", DurationMs = 0 };

    // Services that have only the plain routes are not asked for more each time.
    private readonly ConcurrentDictionary<string, bool> _isPlain = new(StringComparer.Ordinal);

    /// <summary>The picture as models can take it.</summary>
    public ScreenshotRequest Picture => new()
    {
        Format = options.Value.ScreenFormat is ScreenFormat.Auto ? null : options.Value.ScreenFormat.ToString().ToLowerInvariant(),
        MaxEdge = options.Value.MaxScreenEdge,
        MaxPixels = options.Value.MaxScreenPixels,
        MaxBytes = options.Value.MaxScreenBytes,
        Cursor = true,
    };

    /// <summary>How long the screen is waited for.</summary>
    public SettleRequest Settling => new() { FirstMs = FirstChangeMs, MaxMs = (int)options.Value.SettlePatience.TotalMilliseconds };

    /// <summary>Acts, waits until the screen has settled, and looks.</summary>
    public Task<SeenScreen> ActAsync(OpenSandbox sandbox, ActRequest request, CancellationToken cancellationToken) => UseAsync(
        sandbox,
        async (desktop, token) =>
        {
            if (_isPlain.ContainsKey(sandbox.Id))
            {
                return await PlainDesktop.ActAsync(desktop, request, token);
            }

            try
            {
                return new SeenScreen(await desktop.ActAsync(request, token), IsPlain: false);
            }
            catch (HopxException missing) when (IsMissingRoute(missing))
            {
                var seen = await PlainDesktop.ActAsync(desktop, request, token);
                if (_isPlain.Count >= MostKnown)
                {
                    _isPlain.Clear();
                }

                _isPlain[sandbox.Id] = true;
                return seen;
            }
        },
        cancellationToken);

    /// <summary>Only looks, after the screen has settled from what was done by other means.</summary>
    public Task<SeenScreen> LookAsync(OpenSandbox sandbox, CancellationToken cancellationToken) =>
        ActAsync(sandbox, new ActRequest { Actions = [Nothing], Settle = Settling, Screenshot = Picture }, cancellationToken);

    /// <summary>Whether the service of a sandbox turned out to have only the plain routes.</summary>
    public bool IsPlain(OpenSandbox sandbox) => _isPlain.ContainsKey(sandbox.Id);

    /// <summary>Does something with the desktop within the time of a call.</summary>
    public async Task<T> UseAsync<T>(OpenSandbox sandbox, Func<DesktopClient, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        using var budget = new CancellationTokenSource(options.Value.CallBudget, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, budget.Token);
        try
        {
            return await use(sandbox.Agent.Desktop, over.Token);
        }
        catch (OperationCanceledException) when (budget.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"It took longer than {options.Value.CallBudget.TotalSeconds:0} s and was stopped; a part may be done. Take a screenshot to see what, and do less in one call.");
        }
        catch (HopxException none) when (none.Code is HopxErrorCode.DesktopNotAvailable)
        {
            var missing = none.MissingDependencies is { Count: > 0 } names ? $" (missing: {OutputText.Line(string.Join(", ", names), 200)})" : "";
            throw new HopxException(
                HopxErrorCode.DesktopNotAvailable,
                $"Sandbox {sandbox.Id} has no desktop{missing}. Call sandbox_create with template {options.Value.DesktopTemplate} and repeat this call with its sandbox_id. Files of this sandbox stay in this one.",
                none);
        }
        catch (HopxException refusal) when (refusal.Code is HopxErrorCode.Conflict)
        {
            // The desktop's own words say what to do next, and whether to try again differs.
            throw new ToolRefusedException(refusal.Message, refusal);
        }
        catch (HopxException refusal) when (refusal.Code is HopxErrorCode.ResourceNotFound or HopxErrorCode.FileOperationFailed && !refusal.MeansSandboxGone)
        {
            // These speak of windows and recordings; their advice about sandboxes and files would mislead.
            throw new HopxException(HopxErrorCode.InvalidRequest, refusal.Message, refusal);
        }
    }

    /// <summary>Whether a service does not know a route at all.</summary>
    public static bool IsMissingRoute(HopxException failure) =>
        failure is { StatusCode: 404 or 405 or 501, Code: HopxErrorCode.ResourceNotFound or HopxErrorCode.NotFound or HopxErrorCode.MethodNotAllowed or HopxErrorCode.InternalError or HopxErrorCode.Unknown };
}

/// <summary>What came of actions.</summary>
/// <param name="Result">The engine's words.</param>
/// <param name="IsPlain">Whether the service cannot tell what changed and whether the screen has settled.</param>
internal sealed record SeenScreen(ActResult Result, bool IsPlain);
