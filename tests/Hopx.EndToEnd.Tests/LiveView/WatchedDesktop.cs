using Hopx.Client;
using Hopx.EndToEnd.Tests.Node;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;
using ModelContextProtocol.Client;

namespace Hopx.EndToEnd.Tests.LiveView;

/// <summary>A server, an agent that calls it, its sandbox with a desktop, and a browser.</summary>
public sealed class WatchedDesktop(PreparedMachine machine, NodePackages packages) : HopxProgram(machine)
{
    /// <summary>The shortest that a link can live.</summary>
    public static readonly TimeSpan TicketLifetime = TimeSpan.FromSeconds(10);

    private HopxClient _client = null!;

    public DesktopClient Desktop => _client.Agent(SandboxId).Desktop;

    internal HttpServer Server { get; private set; } = null!;

    /// <summary>The agent.</summary>
    internal McpClient Mcp { get; private set; } = null!;

    internal LiveBrowser Browser { get; private set; } = null!;

    internal string SandboxId { get; private set; } = "";

    public override async ValueTask InitializeAsync()
    {
        await Machine.PrepareAsync("desktop");
        await base.InitializeAsync();
        Server = await ServeAsync(new Dictionary<string, string>
        {
            ["HOPX_TOOLSETS"] = "default,desktop",
            ["HOPX_LIVE_TICKET_LIFETIME"] = TicketLifetime.ToString(),
        });
        var key = await Server.KeyAsync();
        _client = await Server.CreateClientAsync(key);
        SandboxId = (await _client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "desktop", TimeoutSeconds = 3600 }, Patience.Token)).Id;
        Mcp = await Server.ConnectAsync(key: key);
        await Desktop.GetVncAsync(Patience.Token);
        Browser = await LiveBrowser.StartAsync(packages, Scratch);
    }

    /// <summary>A page that shows the desktop and may take control, or not.</summary>
    internal async Task<LivePage> OpenAsync(bool mayControl, bool isDark = false)
    {
        var page = await Browser.OpenAsync(await LinkAsync(mayControl), isDark);
        await page.UntilStateAsync("view");
        return page;
    }

    internal async Task<string> LinkAsync(bool mayControl) => mayControl
        ? (await Mcp.DoAsync("desktop_take_over", new { action = "ask", reason = "Type the code that you got by mail.", sandbox_id = SandboxId })).Fact("link")
        : (await Mcp.DoAsync("desktop_view", new { sandbox_id = SandboxId })).Fact("link");

    internal async Task<string> RunAsync(string line) => (await _client.Agent(SandboxId).Commands.RunAsync(new CommandRequest { Command = line, Timeout = 60 }, Patience.Token)).Stdout;

    /// <summary>A terminal whose clicks and keys can be told from what it writes.</summary>
    internal async Task<DesktopWindow> OpenEditorAsync()
    {
        await RunAsync("pkill -x mousepad; while pgrep -x mousepad > /dev/null; do sleep 0.05; done");
        var launched = await Desktop.LaunchAsync(
            new LaunchRequest { Program = "env", Arguments = ["GSETTINGS_BACKEND=memory", "mousepad", "--disable-server"], WaitMs = 30_000 }, Patience.Token);
        var window = Assert.IsType<DesktopWindow>(launched.Window);
        await Desktop.FocusWindowAsync(window.Id, Patience.Token);
        return window;
    }

    internal async Task<string> ReadEditorAsync()
    {
        await Desktop.ActAsync(new ActRequest { Actions = [new DesktopAction { Type = "key", Keys = ["ctrl+a"] }, new DesktopAction { Type = "key", Keys = ["ctrl+c"] }] }, Patience.Token);
        return await Desktop.GetClipboardAsync(Patience.Token);
    }

    internal async Task<ScreenPoint> PointerAsync() => (await Desktop.ActAsync(new ActRequest(), Patience.Token)).Pointer!;

    public override async ValueTask DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        if (Mcp is not null)
        {
            await Mcp.DisposeAsync();
        }

        _client?.Dispose();
        await base.DisposeAsync();
    }
}
