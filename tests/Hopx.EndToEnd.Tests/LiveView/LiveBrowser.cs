using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.ControlPlane.Setup;
using Hopx.EndToEnd.Tests.Node;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.LiveView;

/// <summary>A real Chromium, driven by Playwright.</summary>
internal sealed class LiveBrowser : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly SemaphoreSlim _turn = new(1, 1);

    private LiveBrowser(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    public static async Task<LiveBrowser> StartAsync(NodePackages packages, string directory)
    {
        var chromium = await FindAsync();
        return new LiveBrowser(await packages.StartAsync("browser.mjs", [chromium], directory));
    }

    /// <summary>Opens an address in a page of its own, with cookies of its own.</summary>
    public async Task<LivePage> OpenAsync(string url, bool isDark = false)
    {
        var page = new LivePage(this, Guid.NewGuid().ToString("n"));
        await page.DoAsync("open", ("url", url), ("dark", isDark));
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(Patience.Token);
        }
        finally
        {
            _process.Kill(entireProcessTree: true);
            _process.Dispose();
            _turn.Dispose();
        }
    }

    internal async Task<JsonNode?> AskAsync(JsonObject command)
    {
        await _turn.WaitAsync(Patience.Token);
        try
        {
            await _process.StandardInput.WriteLineAsync(command.ToJsonString().AsMemory(), Patience.Token);
            await _process.StandardInput.FlushAsync(Patience.Token);
            var line = await _process.StandardOutput.ReadLineAsync(Patience.Token) ?? throw new InvalidOperationException($"The browser ended:\n{await _errors}");
            var answer = JsonNode.Parse(line)!;
            return answer["error"] is { } error ? throw new InvalidOperationException($"{command["do"]}: {error}") : answer["value"]?.DeepClone();
        }
        finally
        {
            _turn.Release();
        }
    }

    // Installed like all that tests need; where that cannot be, they say what is missing.
    private static async Task<string> FindAsync()
    {
        var package = new HostPackage("chromium", "shows the live view in tests", "chromium");
        var user = HostUser.Current();
        if (!package.IsInstalled && user.IsRoot && HostPackage.IsInPath("apt-get"))
        {
            await new PackageInstaller(user).InstallAsync([package], static _ => { }, Patience.Token);
        }

        Assert.SkipUnless(package.IsInstalled, "chromium is not installed.");
        return HostPackage.FindInPath("chromium")!;
    }
}

/// <summary>One page of the browser.</summary>
internal sealed class LivePage(LiveBrowser browser, string id)
{
    /// <summary>Middle of a point of the desktop, on the page: the screen is shown scaled and centred.</summary>
    public async Task<(double X, double Y)> PlaceOfAsync(int x, int y)
    {
        var place = await EvaluateAsync($"(() => {{ const canvas = document.querySelector('#screen canvas'); const box = canvas.getBoundingClientRect(); const scale = box.width / canvas.width; return [box.left + {x} * scale, box.top + {y} * scale]; }})()");
        return (place![0]!.GetValue<double>(), place[1]!.GetValue<double>());
    }

    public async Task ClickDesktopAsync(int x, int y)
    {
        var (left, top) = await PlaceOfAsync(x, y);
        await DoAsync("click", ("x", left), ("y", top));
    }

    public Task TypeAsync(string text) => DoAsync("type", ("text", text));

    public Task PressAsync(string selector) => DoAsync("press", ("selector", selector));

    public Task<JsonNode?> EvaluateAsync(string script) => DoAsync("evaluate", ("script", script));

    public Task UntilAsync(string script) => DoAsync("until", ("script", script));

    /// <summary>Waits for one of the states that the page shows.</summary>
    public Task UntilStateAsync(string state) => UntilAsync($"document.body.dataset.state === '{state}'");

    public async Task<string> TextAsync(string selector) => (await EvaluateAsync($"document.querySelector('{selector}').textContent"))!.GetValue<string>();

    /// <summary>A number for what the canvas shows, and how many colours it has.</summary>
    public async Task<(long Hash, int Colours)> LookAsync()
    {
        var look = await EvaluateAsync(
            """
            (() => {
              const canvas = document.querySelector('#screen canvas');
              const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
              let hash = 0;
              const colours = new Set();
              for (const pixel of pixels) { hash = (Math.imul(hash, 31) + pixel) | 0; if (colours.size < 1000) { colours.add(pixel); } }
              return [hash, colours.size];
            })()
            """);
        return (look![0]!.GetValue<long>(), look[1]!.GetValue<int>());
    }

    public async Task<IReadOnlyList<string>> RequestsAsync() => (await DoAsync("requests")).Deserialize<List<string>>()!;

    public async Task<IReadOnlyList<string>> ProblemsAsync() => (await DoAsync("problems")).Deserialize<List<string>>()!;

    public Task CloseAsync() => DoAsync("close");

    internal Task<JsonNode?> DoAsync(string what, params (string Name, JsonNode? Value)[] details)
    {
        var command = new JsonObject { ["do"] = what, ["page"] = id };
        foreach (var (name, value) in details)
        {
            command[name] = value;
        }

        return browser.AskAsync(command);
    }
}
