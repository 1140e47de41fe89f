using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Events;
using Hopx.ControlPlane.Operations;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.Templates;
using Hopx.ControlPlane.WarmPool;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Hosting;

/// <summary>What a web application needs to be a HopX control plane.</summary>
public static class ControlPlaneHosting
{
    /// <summary>Adds the services; the caller holds the lock of the home directory.</summary>
    internal static WebApplicationBuilder AddControlPlane(this WebApplicationBuilder builder, ControlPlaneOptions options)
    {
        var home = new HomeDirectory(options.Home);
        home.Prepare();
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddSingleton(home);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new StateDatabase(home.Path));
        builder.Services.AddSingleton<ErrorAnswers>();
        builder.Services.AddHttpForwarder();
        builder.Services.AddApiKeys().AddSandboxRouting().AddRuntime().AddTemplates().AddSetup().AddSandboxes().AddEvents().AddAdmission().AddWarmPool().AddOperations();
        // Its lines hold whole URLs, and those of event streams may hold a key.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Runs that print little and uploads that wait for a slow disk are not attacks.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            // What is read from a sandbox and what is sent to the client may overlap.
            kestrel.Limits.MaxResponseBufferSize = 1024 * 1024;
            File.Delete(home.ControlSocket);
            kestrel.ListenUnixSocket(home.ControlSocket, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(new SandboxPortsEndPoint(), listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder;
    }

    /// <summary>Adds the pipeline and the routes.</summary>
    internal static void MapControlPlane(this WebApplication app)
    {
        var errors = app.Services.GetRequiredService<ErrorAnswers>();
        var forwarder = app.Services.GetRequiredService<SandboxForwarder>();
        var authentication = app.Services.GetRequiredService<CallerAuthentication>();
        var limits = app.Services.GetRequiredService<RequestLimits>();
        app.Use(next => context => errors.HandleAsync(context, next));
        app.Use(next => context => context.Features.Get<SandboxRoute>() is { } route ? forwarder.ForwardAsync(context, route.SandboxId) : next(context));
        // A base address that ends in a slash makes the SDKs send two.
        app.Use(next => context =>
        {
            if (context.Request.Path.Value is ['/', '/', ..] path)
            {
                context.Request.Path = "/" + path.TrimStart('/');
            }

            return next(context);
        });
        app.UseRouting();
        app.Use(next => context => IdentifyAsync(context, next, authentication, limits));
        app.MapOperations();
        app.MapSandboxes();
        app.MapEvents();
        app.MapTemplates();
    }

    // Here and not in each route, so that none can forget it.
    private static Task IdentifyAsync(HttpContext context, RequestDelegate next, CallerAuthentication authentication, RequestLimits limits)
    {
        var isApi = context.Request.Path.StartsWithSegments("/v1");
        if (context.Request.Path != "/health" && authentication.Authenticate(context) is { } caller)
        {
            context.Features.Set(caller);
            context.User = CallerAuthentication.ToPrincipal(caller);
            if (isApi)
            {
                limits.Count(context, caller);
                if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
                {
                    CallerExtensions.RequireChange(caller);
                }
            }
        }
        else if (isApi)
        {
            throw CallerExtensions.Missing();
        }

        return next(context);
    }
}
