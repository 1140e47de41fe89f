using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Lets no request through to a route that is not open unless its token is good.</summary>
internal sealed class TokenGate(TokenCheck check) : IMiddleware
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // Where there is no route there is nothing to guard, and the caller learns that its path is wrong.
        if (context.GetEndpoint() is { } endpoint && endpoint.Metadata.GetMetadata<OpenRoute>() is null)
        {
            var identity = await check.CheckAsync(context.Request.Headers.Authorization.ToString());
            if (endpoint.Metadata.GetMetadata<RequiredScope>() is { Scope: var scope }
                && identity.FindFirst("scope")?.Value.Split(' ').Contains(scope) is not true)
            {
                throw new HopxException(HopxErrorCode.Forbidden, $"{context.Request.Path} is for the control plane alone: the token lacks the scope '{scope}'.");
            }
        }

        await next(context);
    }
}
