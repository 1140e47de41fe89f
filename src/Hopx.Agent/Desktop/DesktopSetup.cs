using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class DesktopSetup
{
    private static readonly string[] Verbs = ["GET", "POST"];

    public static IServiceCollection AddDesktop(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<DesktopProgramOptions>, DesktopProgramOptionsValidator>();
        services.AddOptions<DesktopProgramOptions>().BindConfiguration("Desktop")
            .Configure<IConfiguration>((desktop, configuration) => desktop.StartAtOnce |= configuration["DESKTOP_START"] is "1" or "true")
            .ValidateOnStart();
        services.AddSingleton<DesktopProgramHost>();
        services.AddHostedService(provider => provider.GetRequiredService<DesktopProgramHost>());
        services.AddSingleton<DesktopForwarder>();
        return services;
    }

    /// <summary>Every desktop route takes both verbs, since clients disagree; which routes there are the desktop's own program knows.</summary>
    public static void MapDesktop(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/desktop/{**path}", Verbs, (RequestDelegate)(http => http.RequestServices.GetRequiredService<DesktopForwarder>().ForwardAsync(http)));
}
