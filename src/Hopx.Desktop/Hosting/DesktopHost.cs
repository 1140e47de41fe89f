using Hopx.Agent;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>Puts the program together, for itself and for tests alike.</summary>
internal static class DesktopHost
{
    private const long MaxBodyBytes = 32 * 1024 * 1024;
    private const int MaxConnections = 256;

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    public static WebApplication Create(Action<DesktopOptions>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "hopx-desktop", ContentRootPath = "/" });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<IValidateOptions<DesktopOptions>, DesktopOptionsValidator>();
        builder.Services.AddOptions<DesktopOptions>().Configure(options =>
        {
            DesktopVariables.Apply(options);
            configure?.Invoke(options);
        }).ValidateOnStart();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddClosedFrameworkOptions().AddClosedOptions<DesktopOptions>().AddClosedLogger<DesktopSupervisor>();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Answers>();
        builder.Services.AddSingleton<LargeBodies>();
        builder.Services.AddSingleton<DesktopLog>();
        builder.Services.AddSingleton<VncPassword>();
        builder.Services.AddSingleton<VncRelay>();
        builder.Services.AddSingleton<DesktopSupervisor>();
        builder.Services.AddHostedService(services => services.GetRequiredService<DesktopSupervisor>());
        builder.Services.AddSingleton<ScreenSettling>();
        builder.Services.AddSingleton<WritingLease>();
        builder.Services.AddSingleton<ActionEngine>();
        builder.Services.AddSingleton<TakeOver>();
        builder.Services.AddSingleton<ScreenReader>();
        builder.Services.AddSingleton<ScreenRecorder>();
        builder.Services.AddSingleton<ProgramLauncher>();
        builder.Services.AddSingleton<ElementFinder>();

        builder.WebHost.UseKestrelCore();
        builder.Services.AddOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>().Configure<IOptions<DesktopOptions>>((kestrel, desktop) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = MaxConnections;
            Directory.CreateDirectory(desktop.Value.Directory);
            File.Delete(desktop.Value.Socket);
            kestrel.ListenUnixSocket(desktop.Value.Socket);
        });

        var app = builder.Build();
        app.UseMiddleware<Answers>();
        app.UseWebSockets();
        app.MapDesktop();
        return app;
    }
}
