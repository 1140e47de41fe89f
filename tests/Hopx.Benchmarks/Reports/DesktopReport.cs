using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;
using Hopx.Testing;

namespace Hopx.Benchmarks.Reports;

/// <summary>
/// Pictures of the screen beside those that a program makes for each, actions with all that follows them, and what an idle desktop takes; all in one run.
/// </summary>
internal static class DesktopReport
{
    private const string Template = "desktop";
    private const int WarmUps = 5;
    private const int Calls = 40;
    private const int Creates = 5;
    private const int ThousandCharacters = 1_000;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(20);

    // Each is started in the sandbox as the desktop's user, as a caller without this API would.
    private static readonly (string Name, string Line)[] Programs =
    [
        ("a program that does nothing", "true"),
        ("xwd", "xwd -root -silent -out /tmp/picture.xwd"),
        ("scrot, PNG", "scrot --overwrite /tmp/picture.png"),
        ("import, PNG", "import -window root /tmp/picture.png"),
        ("ffmpeg, PNG", "ffmpeg -loglevel error -y -f x11grab -i :1 -frames:v 1 /tmp/picture.png"),
    ];

    public static async Task WriteAsync(TextWriter output)
    {
        using (var machine = new PreparedMachine())
        {
            await machine.PrepareAsync(Template);
        }

        await using var home = await BenchmarkHome.OpenAsync();
        await WriteCreatesAsync(home, output);
        var sandbox = await home.Client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = Template, TimeoutSeconds = 3600, InternetAccess = true });
        var agent = home.Client.Agent(sandbox.Id);
        await agent.Desktop.ScreenshotAsync();
        await WriteIdleAsync(home, sandbox, agent, output);
        await WritePicturesAsync(home, sandbox, agent, output);
        await WriteActionsAsync(agent, output);
        await home.DeleteAllAsync();
    }

    private static async Task WriteCreatesAsync(BenchmarkHome home, TextWriter output)
    {
        var times = new List<double>();
        for (var i = 0; i < Creates; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var sandbox = await home.CreateAsync(Template);
            await home.Client.Agent(sandbox.Id).Desktop.ScreenshotAsync();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await home.Client.Sandboxes.DeleteAsync(sandbox.Id);
        }

        await output.WriteLineAsync($"{"create to first picture",-44}{Describe(times)}");
    }

    private static async Task WriteIdleAsync(BenchmarkHome home, Sandbox sandbox, AgentClient agent, TextWriter output)
    {
        // Programs that have just been started are not idle yet.
        await agent.Desktop.ActAsync(new ActRequest { Actions = [new DesktopAction { Type = "move", X = 5, Y = 5 }], Settle = new SettleRequest { QuietMs = 1_000, MaxMs = 10_000, FirstMs = 3_000 } });
        var process = int.Parse(await File.ReadAllTextAsync(Path.Combine(home.SandboxDirectory(sandbox.Id), "pid")), CultureInfo.InvariantCulture);
        var before = ProcessTime.OfNamespaceOf(process);
        await Task.Delay(IdleTime);
        var used = ProcessTime.OfNamespaceOf(process) - before;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{"CPU of an idle desktop, of one core",-44}{used / IdleTime * 100:F2} %"));
        await output.WriteLineAsync($"{"memory of a sandbox with an idle desktop",-44}{ProcessMemory.OfNamespaceOf(process)}");
    }

    private static async Task WritePicturesAsync(BenchmarkHome home, Sandbox sandbox, AgentClient agent, TextWriter output)
    {
        if (await SandboxPackages.InstallAsync(agent, "scrot", "imagemagick", "x11-apps") is { } lack)
        {
            await output.WriteLineAsync($"Not every program could be installed to compare with. {lack}");
        }

        await agent.Desktop.LaunchAsync(new LaunchRequest { Program = "env", Arguments = ["GSETTINGS_BACKEND=memory", "mousepad", "--disable-server"], WaitMs = 30_000 });
        await agent.Desktop.TypeAsync(Text(ThousandCharacters));
        await using var server = new StdioServer(Places.Server, home.JoiningServerEnvironment);
        await server.DiscoverAndListAsync();
        foreach (var (width, height) in ((int, int)[])[(1024, 768), (1280, 800), (1920, 1080)])
        {
            await agent.Desktop.SetResolutionAsync(width, height);
            await WriteAsync($"{width}x{height} PNG", () => agent.Desktop.ScreenshotAsync());
            await WriteAsync($"{width}x{height} JPEG", () => agent.Desktop.ScreenshotAsync(new ScreenshotRequest { Format = "jpeg" }));
            await WriteAsync($"{width}x{height} PNG, through MCP", () => LookAsync("png", width));
            await WriteAsync($"{width}x{height} JPEG, through MCP", () => LookAsync("jpeg", width));
            foreach (var (name, line) in Programs)
            {
                await WriteProgramAsync($"{width}x{height} {name}", line);
            }
        }

        await agent.Desktop.SetResolutionAsync(1280, 800);

        async Task WriteAsync(string name, Func<Task> action) => await output.WriteLineAsync($"{name,-44}{Describe(await MeasureAsync(action))}");

        // Without a longest edge the largest size would be made smaller, as models want it.
        Task<JsonNode> LookAsync(string format, int edge) =>
            server.CallAsync("screenshot", new JsonObject { ["sandbox_id"] = sandbox.Id, ["format"] = format, ["max_edge"] = edge });

        async Task WriteProgramAsync(string name, string line)
        {
            var request = new CommandRequest { Command = "su", Args = ["user", "-c", $"DISPLAY=:1 {line}"], Timeout = 60 };
            if ((await agent.Commands.RunAsync(request)) is { ExitCode: not 0 } failed)
            {
                await output.WriteLineAsync($"{name,-44}left out: {failed.Stderr.Trim()}");
                return;
            }

            await WriteAsync(name, () => agent.Commands.RunAsync(request));
        }
    }

    private static async Task WriteActionsAsync(AgentClient agent, TextWriter output)
    {
        await agent.Files.WriteAsync("/tmp/still.html", Page(""));
        await agent.Files.WriteAsync("/tmp/film.html", Page("const play = (time) => { c.fillStyle = `hsl(${time / 5 % 360} 90% 50%)`; c.fillRect(0, 0, 400, 300); requestAnimationFrame(play); }; play(0);"));
        foreach (var page in (string[])["still", "film"])
        {
            await agent.Desktop.LaunchAsync(new LaunchRequest { Program = "chromium", Arguments = ["--kiosk", $"file:///tmp/{page}.html"], WaitMs = 30_000 });
            await agent.Desktop.ActAsync(new ActRequest { Actions = [Click(300, 600)], Settle = new SettleRequest { QuietMs = 1_000, MaxMs = 5_000 } });
            var results = new List<ActResult>();
            var times = await MeasureAsync(async () => results.Add(await ActAsync(Click(100, 100))));
            await output.WriteLineAsync($"{$"click, settled, picture ({page})",-44}{Describe(times)}; seen in {results.Count(result => result.Changed)} of {results.Count}");
            await output.WriteLineAsync($"{$"click without effect, picture ({page})",-44}{Describe(await MeasureAsync(() => ActAsync(Click(300, 600))))}");
            await agent.Commands.RunAsync("pkill chromium; while pgrep chromium > /dev/null; do sleep 0.05; done");
        }

        var editor = await agent.Desktop.ListWindowsAsync();
        await agent.Desktop.FocusWindowAsync(editor[^1].Id);
        await output.WriteLineAsync($"{"a key, settled, picture",-44}{Describe(await MeasureAsync(() => ActAsync(new DesktopAction { Type = "type", Text = "a" })))}");
        await output.WriteLineAsync($"{$"typing {ThousandCharacters} characters, ASCII",-44}{Describe(await MeasureTypingAsync(Text(ThousandCharacters)))}");
        var chinese = string.Concat(Enumerable.Range(0, ThousandCharacters).Select(number => (char)(0x4e00 + (number * 7 % 600))));
        await output.WriteLineAsync($"{$"typing {ThousandCharacters} characters, 600 Chinese ones",-44}{Describe(await MeasureTypingAsync(chinese))}");

        // Into an empty editor: with each character it lays out the whole line anew.
        Task<List<double>> MeasureTypingAsync(string text) => MeasureAsync(
            () => agent.Desktop.TypeAsync(text),
            before: () => agent.Desktop.ActAsync(new ActRequest { Actions = [new DesktopAction { Type = "key", Keys = ["ctrl+a"] }, new DesktopAction { Type = "key", Keys = ["Delete"] }] }),
            calls: 10);

        Task<ActResult> ActAsync(DesktopAction action) =>
            agent.Desktop.ActAsync(new ActRequest { Actions = [action], Screenshot = new ScreenshotRequest { Format = "jpeg" } });
    }

    private static DesktopAction Click(int x, int y) => new() { Type = "click", X = x, Y = y };

    private static string Text(int length) => string.Concat(Enumerable.Repeat("The quick brown fox jumps over it. ", (length / 35) + 1))[..length];

    // A click on the button shows at once.
    private static string Page(string more) => $$"""
        <!doctype html><body style="margin: 0; background: white"><canvas width="400" height="300" style="position: absolute; left: 700px; top: 100px"></canvas>
        <button style="position: absolute; left: 40px; top: 60px; width: 200px; height: 80px" onclick="this.textContent = ++n; this.style.background = `hsl(${n * 50} 60% 60%)`">0</button>
        <script>let n = 0; const c = document.querySelector('canvas').getContext('2d'); {{more}}</script>
        """;

    private static async Task<List<double>> MeasureAsync(Func<Task> action, int calls = Calls, Func<Task>? before = null)
    {
        var times = new List<double>();
        for (var i = -WarmUps; i < calls; i++)
        {
            await (before?.Invoke() ?? Task.CompletedTask);
            var started = Stopwatch.GetTimestamp();
            await action();
            if (i >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        return times;
    }

    private static string Describe(List<double> times)
    {
        times.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"p50 {times[times.Count / 2],7:F1} ms, p95 {times[(int)Math.Ceiling(times.Count * 0.95) - 1],7:F1} ms, least {times[0],7:F1} ms");
    }
}
