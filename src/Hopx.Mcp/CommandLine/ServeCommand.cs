using System.CommandLine;
using Hopx.Client;
using Hopx.ControlPlane.State;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Mcp.CommandLine.Serving;
using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.CommandLine;

/// <summary>MCP and the HopX API over HTTP, until somebody ends it. Sandboxes go on without it.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var urls = new Option<string[]>("--urls")
        {
            Description = "Addresses to listen on; several are allowed. Beyond loopback every request needs an API key.",
            DefaultValueFactory = _ => [ListenUrl.Default],
            AllowMultipleArgumentsPerToken = true,
        };
        return CommandBuilder.Create(
            "serve",
            "Serve MCP at /mcp and the HopX API at /v1 over HTTP.",
            [
                urls, SettingOption.BaseUrl, SettingOption.Runtime, SettingOption.AgentPath, SettingOption.ReadOnly, SettingOption.Toolsets,
                SettingOption.AllowedHosts, SettingOption.AllowedOrigins, SettingOption.WarmSandboxes, SettingOption.LogFormat,
            ],
            (arguments, context, cancellationToken) => RunAsync(
                context, [.. arguments.GetValue(urls)!.SelectMany(text => text.Split([';', ','], StringSplitOptions.RemoveEmptyEntries)).Select(ListenUrl.Parse)], cancellationToken));
    }

    private static async Task<int> RunAsync(CommandContext context, IReadOnlyList<ListenUrl> urls, CancellationToken cancellationToken)
    {
        var settings = context.Settings;
        settings.Mcp();
        using var homeLock = settings.Service is ServiceKind.Embedded ? TakeHome(settings.ControlPlane().Home) : null;
        await using var service = new HopxService(settings, StderrLogging.Full(settings.LogsJson));
        await using var app = ServedApplication.Build(settings, service, urls);
        await ServedApplication.StartAsync(app, cancellationToken);
        await ServedApplication.OfferFirstKeyAsync(app, context.Error);
        if (urls.FirstOrDefault(url => url.IsWildcard) is { } wildcard && settings.Mcp().AllowedHosts is [])
        {
            await context.Error.WriteLineAsync($"{wildcard.Text} is reached only by the names of loopback until --allowed-hosts says which others are this machine's.");
        }

        var addresses = app.Urls.Where(url => Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" && address.Host is not ("unix" or ""));
        await context.Error.WriteLineAsync($"listening on {string.Join(", ", addresses)}");
        await app.WaitForShutdownAsync(cancellationToken);
        return ExitCodes.Success;
    }

    private static HomeLock TakeHome(string path)
    {
        var home = new HomeDirectory(path);
        home.Prepare();
        return HomeLock.TryAcquire(home.Path) ?? throw new HopxException(
            HopxErrorCode.Conflict,
            $"Process {HomeOwner.Find(home.Path)?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"} hosts the control plane of '{home.Path}' already. "
            + "End it, or serve another home: --home DIRECTORY.");
    }
}
