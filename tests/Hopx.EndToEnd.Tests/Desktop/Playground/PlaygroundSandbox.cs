using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Desktop.Playground;

/// <summary>A desktop whose screen is one page in Chromium, which tells a server in the sandbox what is done to it.</summary>
public sealed class PlaygroundSandbox(PreparedMachine machine) : DesktopSandbox(machine)
{
    private const string Address = "http://127.0.0.1:8200";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var name in (string[])["playground.html", "playground.py"])
        {
            var content = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Desktop", "Playground", name), Patience.Token);
            await Agent.Files.WriteAsync($"/tmp/playground/{name}", content, Patience.Token);
        }

        await RunAsync("(setsid python3 /tmp/playground/playground.py > /tmp/playground/log 2>&1 &)");
        await UntilAsync($"curl --silent --noproxy '*' --output /dev/null {Address}");
        // The page fills the screen, so that its coordinates are those of the screen.
        await LaunchAsync("chromium", "--kiosk", Address);
        await ExpectAsync("loads", "1");
        await ActAsync(new DesktopAction { Type = "move", X = 5, Y = 795 });
    }

    /// <summary>Waits until the page has told that.</summary>
    internal async Task ExpectAsync(string name, string value)
    {
        var told = await RunAsync($"curl --silent --noproxy '*' --max-time 40 '{Address}/until?name={name}&value={Uri.EscapeDataString(value)}'");
        Assert.Equal(value, told);
    }
}
