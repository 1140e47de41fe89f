using System.Net.Sockets;
using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.WarmPool;
using Hopx.Mcp.CommandLine.Output;
using Hopx.Mcp.CommandLine.Settings;
using Hopx.Mcp.Hosting;
using Hopx.Mcp.LiveView;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Scalar.AspNetCore;

namespace Hopx.Mcp.CommandLine.Serving;

/// <summary>One web application: MCP, and the HopX API where the control plane is in this process.</summary>
internal static class ServedApplication
{
    public static WebApplication Build(HopxSettings settings, HopxService service, IReadOnlyList<ListenUrl> urls)
    {
        // Nothing but what is said here: neither files in the current directory nor a console log on stdout.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var url in urls)
            {
                url.Listen(kestrel);
            }
        });
        StderrLogging.Full(settings.LogsJson)(builder.Logging);
        builder.AddTelemetry();
        builder.Services.AddRoutingCore();
        var controlPlane = settings.ControlPlane();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = controlPlane.StopTimeout);
        builder.Services.AddHopxMcp(service.CreateClient, options => Configure(options, settings, urls)).AddHopxMcpHttp();
        var isEmbedded = settings.Service is ServiceKind.Embedded;
        if (isEmbedded)
        {
            if (controlPlane.WarmSandboxes is WarmSandboxSizesAttribute.Auto)
            {
                controlPlane.WarmSandboxes = WarmSandboxSizes.ForServer(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
            }

            builder.AddControlPlane(controlPlane);
        }

        var app = builder.Build();
        var guard = new HostAndOriginGuard(app.Services.GetRequiredService<IOptions<HopxMcpOptions>>());
        app.Use(next => http => guard.InvokeAsync(http, next));
        if (isEmbedded)
        {
            app.MapControlPlane();
            // All that the page needs is in the program: no other server is asked for anything.
            app.MapScalarApiReference("/docs", page => page.WithTitle("HopX API").WithOpenApiRoutePattern("/openapi/{documentName}.json").DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp());
        }
        else
        {
            app.UseRouting();
            app.MapGet("/health", (TimeProvider time) => TypedResults.Json(
                new ServiceHealth { Status = "healthy", Version = ProgramVersion.Text, Timestamp = time.GetUtcNow() }, CommandJson.Default.ServiceHealth));
        }

        app.Use(next => http => KeyRequired.CheckAsync(http, next, checksKeys: isEmbedded));
        app.MapHopxMcp("/mcp");
        app.UseLiveView();
        app.MapGet("/", () => TypedResults.Json(
            new ServerFacts("hopx-mcp", ProgramVersion.Text, Mcp: "/mcp", Api: isEmbedded ? "/v1" : null, Health: "/health", Docs: isEmbedded ? "/docs" : null), CommandJson.Default.ServerFacts));
        return app;
    }

    /// <summary>Starts the application; what keeps it from listening is told with the address.</summary>
    public static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            if (app.Services.GetService<SandboxAdoption>() is { } adoption)
            {
                await adoption.RunAsync(cancellationToken);
            }

            await ListenAsync(app, cancellationToken);
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            throw new HopxException(
                HopxErrorCode.Conflict, $"{failure.Message} Another program listens on that port: end it, or choose another port, such as --urls http://127.0.0.1:7071.", failure);
        }
        catch (SocketException failure)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration, $"This machine does not let hopx-mcp listen there: {failure.Message}. Choose an address of this machine and a port from 1024.", failure);
        }
    }

    private static async Task ListenAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            // Loops that began before the port was found taken are told to end; else the host would log each that ends as a failure of its own.
            await app.StopAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Makes the first key where there is none, and says how to read it.</summary>
    public static async Task OfferFirstKeyAsync(WebApplication app, TextWriter error)
    {
        if (app.Services.GetService<ApiKeyStore>() is { } keys && FirstApiKey.Ensure(keys, app.Services.GetRequiredService<HomeDirectory>()) is { } file)
        {
            await error.WriteLineAsync($"There was no API key yet, so one was made. Read it with: cat '{file}'");
        }
    }

    private static void Configure(HopxMcpOptions options, HopxSettings settings, IReadOnlyList<ListenUrl> urls)
    {
        settings.ConfigureMcp(options);
        // Whoever asks to listen on an address wants to be called by it.
        options.AllowedHosts = [.. options.AllowedHosts, .. urls.Where(url => !url.IsWildcard).Select(url => url.Host)];
    }
}
