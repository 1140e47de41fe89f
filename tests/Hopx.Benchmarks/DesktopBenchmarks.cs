using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;
using Hopx.Testing;

namespace Hopx.Benchmarks;

/// <summary>Pictures of a sandbox's screen and actions on it, against a program that is started in the sandbox for each picture.</summary>
public class DesktopBenchmarks
{
    private const string OnePicture = "ffmpeg -loglevel error -y -f x11grab -i :1 -frames:v 1 /tmp/picture.png";

    private static readonly string Thousand = string.Concat(Enumerable.Repeat("The quick brown fox jumps over it. ", 29))[..1_000];

    private BenchmarkHome _home = null!;
    private AgentClient _agent = null!;
    private int _turn;

    [Params("1024x768", "1280x800", "1920x1080")]
    public string Size { get; set; } = "";

    [GlobalSetup]
    public async Task OpenAsync()
    {
        using (var machine = new PreparedMachine())
        {
            await machine.PrepareAsync("desktop");
        }

        _home = await BenchmarkHome.OpenAsync();
        _agent = _home.Client.Agent((await _home.CreateAsync("desktop")).Id);
        var size = Size.Split('x').Select(int.Parse).ToArray();
        await _agent.Desktop.SetResolutionAsync(size[0], size[1]);
        await _agent.Desktop.LaunchAsync(new LaunchRequest { Program = "env", Arguments = ["GSETTINGS_BACKEND=memory", "mousepad", "--disable-server"], WaitMs = 30_000 });
        await _agent.Desktop.TypeAsync(Thousand);
    }

    [GlobalCleanup]
    public ValueTask CloseAsync() => _home.DisposeAsync();

    [Benchmark(Baseline = true)]
    public Task<CommandResult> ProgramForEachPicture() => _agent.Commands.RunAsync(OnePicture);

    [Benchmark]
    public Task<Screenshot> Png() => _agent.Desktop.ScreenshotAsync();

    [Benchmark]
    public Task<Screenshot> Jpeg() => _agent.Desktop.ScreenshotAsync(new ScreenshotRequest { Format = "jpeg" });

    [Benchmark]
    public Task<ActResult> KeySettledPicture() => ActAsync(new DesktopAction { Type = "type", Text = _turn++ % 2 == 0 ? "a" : "b" });

    [Benchmark]
    public Task<ActResult> ClickWithoutEffectSettledPicture() => ActAsync(new DesktopAction { Type = "click", X = 5, Y = 5 });

    [Benchmark]
    public Task<DesktopAnswer> ThousandCharacters() => _agent.Desktop.TypeAsync(Thousand);

    private Task<ActResult> ActAsync(DesktopAction action) =>
        _agent.Desktop.ActAsync(new ActRequest { Actions = [action], Screenshot = new ScreenshotRequest { Format = "jpeg" } });
}
