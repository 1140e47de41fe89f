using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.EndToEnd.Tests.Desktop.Playground;

namespace Hopx.EndToEnd.Tests.Node;

/// <summary>Every desktop method of the official SDK for JavaScript, judged by pixels and by what programs made of it.</summary>
public sealed class SdkDesktopTests(PlaygroundSandbox page, NodePackages packages) : IClassFixture<PlaygroundSandbox>
{
    private const string Expected = """
        {
          "screenshot": ["png", 1280, 800, 1280, 800, "255,204,102"],
          "screenshotRegion": [20, 10, "255,204,102", "255,204,102"],
          "mouseClick": "1",
          "mouseClickOptions": ["1", "1"],
          "mouseMove": ["244,246,248", "187,187,221"],
          "mouseDrag": "340,610",
          "mouseScroll": ["left low", "left high"],
          "dragDrop": "the card",
          "keyboardType": "naïve 漢字 🎈 text",
          "keyboardPress": "naïve 漢字 🎈 tex",
          "hotkey": "",
          "getClipboard": "naïve 漢字 🎈 tex",
          "setClipboard": "from the SDK ✓",
          "getClipboardHistory": ["from the SDK ✓", "naïve 漢字 🎈 tex"],
          "ocr": true,
          "findElement": [true, true, true, true, null],
          "getBounds": true,
          "waitFor": [true, true, true],
          "listWindows": ["string", true, false, 1280],
          "minimizeWindow": true,
          "focusWindow": [false, true],
          "resizeWindow": [true, true],
          "captureWindow": [true, true],
          "closeWindow": true,
          "getDisplayInfo": [1280, 800, 24],
          "getAvailableResolutions": true,
          "setResolution": [1024, 768, 1280],
          "recording": ["recording", true, "stopped", "/tmp/sdk.mp4"],
          "downloadRecording": ["ftyp", true, "1280,800"],
          "startVnc": [true, 1, 5901, "RFB 003.008"],
          "getVncInfo": [true, "vnc://127.0.0.1:5901"],
          "stopVnc": [false, true],
          "getDebugLogs": true,
          "getDebugProcesses": true,
          "elsewhere": true
        }
        """;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    [Fact]
    public async Task Every_desktop_method_of_the_official_SDK_does_what_it_says()
    {
        var run = (await packages.RunAsync("desktop.mjs", [page.Server.Url.ToString().TrimEnd('/'), await page.Server.KeyAsync(), page.Made.Id], page.Scratch)).Succeeded();

        Assert.Equal(JsonNode.Parse(Expected)!.ToJsonString(Readable), JsonNode.Parse(run.Output)!.ToJsonString(Readable));
    }
}
