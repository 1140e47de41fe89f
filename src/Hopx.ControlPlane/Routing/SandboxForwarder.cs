using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Operations;
using Hopx.ControlPlane.Sandboxes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Hopx.ControlPlane.Routing;

/// <summary>The front door of a sandbox: from its port to its agent. API keys end here; only tokens go in.</summary>
internal sealed class SandboxForwarder(
    IHttpForwarder forwarder, SandboxStore store, SandboxAgents agents, SandboxLifetimes lifetimes, SandboxPausing pausing, SandboxActivity activity,
    CallerAuthentication authentication, ControlPlaneTelemetry telemetry)
{
    // A run may last an hour; its answer comes only then.
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromMinutes(70) };

    public async Task ForwardAsync(HttpContext context, string sandboxId)
    {
        using var use = activity.Enter(sandboxId);
        using var span = telemetry.BeginAgentRequest(sandboxId, context.Request.Path);
        var sandbox = await RunningSandboxAsync(sandboxId, context.RequestAborted);
        // The agent's private routes check a scope of the token; nothing from outside has any business there at all.
        if (context.Request.Path.StartsWithSegments("/control"))
        {
            throw new HopxException(HopxErrorCode.ResourceNotFound, $"Unknown endpoint {context.Request.Method} {context.Request.Path}.");
        }

        // The agent bounds what it takes itself, each route as it can bear; the server's own routes keep the server's limit.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        ExchangeKeyForToken(context.Request, sandbox);
        var error = await forwarder.SendAsync(context, "http://agent", agents.InvokerFor(sandbox), Config);
        span.Answered(context.Response.StatusCode);
        if (error is not ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // Whatever the reason: a 5xx would make the SDKs run the caller's code again.
            throw new HopxException(
                HopxErrorCode.SandboxStopped,
                $"The agent of sandbox '{sandboxId}' does not answer ({error}). Its processes may have been killed; look at its status, start it again, or create a new one.",
                context.Features.Get<IForwarderErrorFeature>()?.Exception);
        }
    }

    private async Task<SandboxRecord> RunningSandboxAsync(string sandboxId, CancellationToken cancellationToken)
    {
        if (!store.TryFindLiving(sandboxId, out var sandbox))
        {
            throw new HopxException(HopxErrorCode.SandboxNotFound, $"Sandbox not found: '{sandboxId}'. It may have expired or been deleted.");
        }

        if (sandbox.State is SandboxState.Asleep)
        {
            sandbox = await pausing.WakeAsync(sandboxId, cancellationToken);
        }

        return sandbox.State is SandboxState.Running
            ? sandbox
            : throw new HopxException(
                HopxErrorCode.SandboxStopped,
                $"Sandbox '{sandboxId}' is {sandbox.StatusName}. {sandbox.StatusReason} {SandboxTransitions.Decide(sandbox.State, SandboxOperation.Wake).Refusal}".Replace("  ", " ", StringComparison.Ordinal));
    }

    // Clients without a token send their API key. It must not reach the sandbox, where the code could read it.
    private void ExchangeKeyForToken(HttpRequest request, SandboxRecord sandbox)
    {
        var text = CallerAuthentication.KeyOf(request);
        request.Headers.Remove("X-API-Key");
        // A signed token has two dots and is checked by the agent itself.
        if (text is null || text.AsSpan().Count('.') == 2)
        {
            return;
        }

        request.Headers.Remove("Authorization");
        if (authentication.Authenticate(text) is { } caller && caller.OrganizationId == sandbox.OrganizationId)
        {
            CallerExtensions.RequireChange(caller);
            request.Headers.Authorization = "Bearer " + lifetimes.CreateToken(sandbox).Token;
            return;
        }

        throw new HopxException(HopxErrorCode.InvalidToken, "Neither a token of this sandbox nor an API key of its owner. Refresh the token at the control plane.");
    }
}
