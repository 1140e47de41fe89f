using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;
using Hopx.Testing.Compatibility;

namespace Hopx.EndToEnd.Tests.Desktop;

/// <summary>One sandbox with a desktop for all tests of a class.</summary>
public class DesktopSandbox(PreparedMachine machine) : HopxProgram(machine)
{
    private static readonly string Pictures = Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "desktop-pictures")).FullName;

    private readonly HttpClient _http = new();
    private HopxClient _client = null!;

    public AgentClient Agent { get; private set; } = null!;

    public DesktopClient Desktop => Agent.Desktop;

    internal HttpServer Server { get; private set; } = null!;

    internal HopxClient Client => _client;

    internal Sandbox Made { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await Machine.PrepareAsync("desktop");
        await base.InitializeAsync();
        Server = await ServeAsync();
        _client = await Server.CreateClientAsync();
        Made = await _client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "desktop", TimeoutSeconds = 3600 }, Patience.Token);
        Agent = _client.Agent(Made.Id);
    }

    /// <summary>A plain request, as no client of ours would send it.</summary>
    internal Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, string accept = "*/*") => SendAsync(Made, method, path, json, accept);

    internal async Task<HttpResponseMessage> SendAsync(Sandbox sandbox, HttpMethod method, string path, string? json = null, string accept = "*/*")
    {
        using var request = new HttpRequestMessage(method, new Uri(new Uri(sandbox.PublicHost!), $"/desktop/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", sandbox.AuthToken);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        return await _http.SendAsync(request, Patience.Token);
    }

    internal async Task<JsonElement> AskAsync(HttpMethod method, string path, string? json = null, string accept = "application/json, text/plain, */*")
    {
        using var response = await SendAsync(method, path, json, accept);
        var text = await response.Content.ReadAsStringAsync(Patience.Token);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>An empty editor with the focus.</summary>
    internal async Task<DesktopWindow> OpenEditorAsync()
    {
        await RunAsync("pkill -x mousepad; while pgrep -x mousepad > /dev/null; do sleep 0.05; done");
        var launched = await Desktop.LaunchAsync(new LaunchRequest { Program = "env", Arguments = ["GSETTINGS_BACKEND=memory", "mousepad", "--disable-server"], WaitMs = 30_000 }, Patience.Token);
        var window = Assert.IsType<DesktopWindow>(launched.Window);
        await Desktop.FocusWindowAsync(window.Id, Patience.Token);
        await Desktop.ActAsync(new ActRequest { Settle = new SettleRequest { QuietMs = 300, MaxMs = 10_000 }, Actions = [new DesktopAction { Type = "click", X = window.X + 200, Y = window.Y + 200 }] }, Patience.Token);
        return window;
    }

    /// <summary>What the editor holds, by way of the clipboard.</summary>
    internal async Task<string> ReadEditorAsync()
    {
        await ActAsync(Key("ctrl+a"), Key("ctrl+c"));
        return await Desktop.GetClipboardAsync(Patience.Token);
    }

    internal Task<ActResult> ActAsync(params DesktopAction[] actions) => Desktop.ActAsync(new ActRequest { Actions = actions }, Patience.Token);

    /// <summary>Acts as a task does, and keeps the picture of what came of it under the task's name.</summary>
    internal async Task<ActResult> DoAsync(IReadOnlyList<DesktopAction> actions, SettleRequest? settle = null, [CallerMemberName] string task = "")
    {
        var result = await Desktop.ActAsync(
            new ActRequest { Actions = actions, Settle = settle, Screenshot = new ScreenshotRequest { Cursor = true } }, Patience.Token);
        await File.WriteAllBytesAsync(Path.Combine(Pictures, $"{task}.png"), Convert.FromBase64String(result.Screenshot!.Image!), Patience.Token);
        Assert.Null(result.Refused);
        return result;
    }

    /// <summary>Waits for what a program of the sandbox does in its own time.</summary>
    /// <param name="condition">A command that fails until then.</param>
    internal async Task UntilAsync(string condition)
    {
        var result = await Agent.Commands.RunAsync(
            new CommandRequest { Command = $"for attempt in $(seq 400); do if {condition}; then exit 0; fi; sleep 0.05; done; exit 1", Timeout = 60 }, Patience.Token);
        Assert.True(result.ExitCode is 0, $"This did not come true: {condition}\n{result.Stdout}{result.Stderr}");
    }

    /// <summary>Waits for a window as its program makes it in its own time.</summary>
    internal async Task<DesktopWindow> UntilWindowAsync(Func<DesktopWindow, bool> isWanted)
    {
        IReadOnlyList<DesktopWindow> windows = [];
        for (var attempt = 0; attempt < 200; attempt++)
        {
            windows = await Desktop.ListWindowsAsync(Patience.Token);
            if (windows.LastOrDefault(isWanted) is { } window)
            {
                return window;
            }

            await ActAsync(new DesktopAction { Type = "wait", DurationMs = 50 });
        }

        throw new InvalidOperationException($"No window is as wanted: {string.Join("; ", windows)}");
    }

    internal async Task<DesktopWindow> LaunchAsync(string program, params string[] arguments)
    {
        var launched = await Desktop.LaunchAsync(new LaunchRequest { Program = program, Arguments = arguments, WaitMs = 30_000 }, Patience.Token);
        return Assert.IsType<DesktopWindow>(launched.Window);
    }

    internal static DesktopAction Click(int x, int y, string? button = null, int? clicks = null, params string[] modifiers) =>
        new() { Type = "click", X = x, Y = y, Button = button, Clicks = clicks, Modifiers = modifiers };

    internal static DesktopAction Drag(params (int X, int Y)[] path) =>
        new() { Type = "drag", Path = [.. path.Select(point => new ScreenPoint { X = point.X, Y = point.Y })] };

    internal async Task<string> RunAsync(string line) => (await Agent.Commands.RunAsync(new CommandRequest { Command = line, Timeout = 60 }, Patience.Token)).Stdout;

    internal static DesktopAction Key(string keys) => new() { Type = "key", Keys = [keys] };

    internal static DesktopAction Type(string text) => new() { Type = "type", Text = text };

    /// <summary>Size that a PNG file states.</summary>
    internal static (int Width, int Height) SizeOfPng(byte[] png)
    {
        Assert.True(png.AsSpan(1).StartsWith("PNG"u8), "These are no bytes of a PNG file.");
        return (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _client?.Dispose();
        await base.DisposeAsync();
    }
}
