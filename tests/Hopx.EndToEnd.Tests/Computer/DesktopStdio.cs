using System.Globalization;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Hopx.EndToEnd.Tests.Computer;

/// <summary>One stdio server with the desktop's tools, and one sandbox with a desktop, for all tests of a class.</summary>
public sealed class DesktopStdio(PreparedMachine machine) : HopxProgram(machine)
{
    /// <summary>Name of the conversation to which the sandbox belongs.</summary>
    public const string Conversation = "desk";

    /// <summary>Directory for the pictures of every call, for people who want to look at them; none when not set.</summary>
    public const string PicturesVariable = "HOPX_TEST_PICTURES";

    private int _picture;

    internal StdioServer Server { get; private set; } = null!;

    internal McpClient Client => Server.Client;

    public override async ValueTask InitializeAsync()
    {
        await Machine.PrepareAsync("desktop");
        Server = await StartAsync();
        await ComputeAsync("screenshot");
    }

    /// <summary>Another server on the same home, with the tools of the desktop.</summary>
    internal Task<StdioServer> StartAsync() => StartStdioAsync(new Dictionary<string, string> { ["HOPX_TOOLSETS"] = "default,desktop", ["HOPX_PAGE_PATIENCE"] = "00:00:10" });

    /// <summary>Ends the server without a goodbye, and starts another one.</summary>
    internal async Task RestartAsync()
    {
        await Server.KillAsync();
        Server = await StartAsync();
    }

    /// <summary>Calls a tool in the conversation; it must succeed.</summary>
    internal async Task<CallToolResult> DoAsync(string tool, object? arguments = null) => await Client.DoAsync(tool, In(arguments));

    /// <summary>Calls a tool that must refuse, and returns what it says.</summary>
    internal Task<string> RefuseAsync(string tool, object? arguments = null) => Client.RefuseAsync(tool, In(arguments));

    /// <summary>Calls a tool that answers with a picture alone beside text, and keeps the picture.</summary>
    internal async Task<CallToolResult> ComputeAsync(string tool, object? arguments = null)
    {
        var result = await DoAsync(tool, arguments);
        Assert.Null(result.StructuredContent);
        var picture = Assert.Single(result.Content.OfType<ImageContentBlock>());
        if (Environment.GetEnvironmentVariable(PicturesVariable) is { Length: > 0 } directory)
        {
            Directory.CreateDirectory(directory);
            var name = string.Create(CultureInfo.InvariantCulture, $"{TestContext.Current.TestMethod?.MethodName ?? "start"}-{++_picture:000}-{tool}.{picture.MimeType["image/".Length..]}");
            await File.WriteAllBytesAsync(Path.Combine(directory, name), picture.DecodedData.ToArray(), Patience.Token);
            await File.WriteAllTextAsync(Path.Combine(directory, name + ".txt"), result.Text(), Patience.Token);
        }

        return result;
    }

    /// <summary>Does one action.</summary>
    internal Task<CallToolResult> ActAsync(object arguments) => ComputeAsync("computer", arguments);

    /// <summary>Runs a command as root of the sandbox, and returns what it prints.</summary>
    internal async Task<string> RunAsync(string command) => (await DoAsync("run_command", new { command })).Fact("stdout").Trim();

    /// <summary>Closes all windows, so that a test begins on an empty desktop.</summary>
    internal async Task ClearAsync()
    {
        // Programs of the desktop's user; the desktop itself stays.
        await RunAsync("pkill -9 -u user -f '(chromium|mousepad|xterm|lxterminal|gnumeric|pcmanfm)'; while [ -n \"$(pgrep -u user 'mousepad|xterm|chromium')\" ]; do sleep 0.05; done; true");
        await ComputeAsync("screenshot");
    }

    private static Dictionary<string, object?> In(object? arguments) => new(
        (arguments?.GetType().GetProperties() ?? []).Select(property => KeyValuePair.Create(property.Name, property.GetValue(arguments))).Append(KeyValuePair.Create("conversation", (object?)Conversation)));
}
