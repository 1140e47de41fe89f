using System.Net;
using System.Net.Sockets;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.LiveView;

/// <summary>Serves the live view on loopback where nothing else listens, as beside MCP over stdio. Starts with the first link that is asked for.</summary>
internal sealed class LiveListener(LiveRoutes routes, IOptions<HopxMcpOptions> options, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private WebApplication? _app;

    /// <returns>Where it listens.</returns>
    public async Task<Uri> StartAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            _app ??= await ListenAsync(cancellationToken);
            return new Uri(_app.Urls.First());
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _starting.Dispose();
    }

    private async Task<WebApplication> ListenAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        // The process ends with the program that it is part of, not by a signal of its own.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, options.Value.LiveViewPort);
        });
        var app = builder.Build();
        var guard = new HostAndOriginGuard(options);
        app.Use(next => http => guard.InvokeAsync(http, next));
        app.UseLiveView(routes);
        try
        {
            await app.StartAsync(cancellationToken);
            return app;
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration, $"The live view cannot listen on port {options.Value.LiveViewPort} of loopback: {failure.Message} Set HOPX_LIVE_VIEW_PORT to a free one, or to 0 for any.", failure);
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
