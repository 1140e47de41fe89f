using System.Text.Json.Nodes;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Mcp.CommandLine.Output;

namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>What the steps of the demo share: the server, the conversations, and the count of what was checked.</summary>
internal sealed class DemoSession(LocalMachine machine, string output, DemoTranscript transcript, TextWriter error, Action<string> onServerLine) : IAsyncDisposable
{
    private readonly DemoSettings _settings = new(machine.Options);
    private readonly HashSet<string> _sandboxes = [];
    private DemoServer? _server;

    public LocalMachine Machine { get; } = machine;

    /// <summary>Directory for what the demo leaves behind.</summary>
    public string Output { get; } = output;

    /// <summary>Names that no other run has used: a conversation is remembered for a week.</summary>
    public string Conversation { get; } = $"demo-{Guid.NewGuid():N}";

    public string OtherConversation { get; } = $"demo-{Guid.NewGuid():N}";

    public string DesktopConversation { get; } = $"demo-{Guid.NewGuid():N}";

    /// <summary>The sandbox of the first conversation, once there is one.</summary>
    public string SandboxId { get; set; } = "";

    public int Passed { get; private set; }

    /// <summary>The check that is under way, or that failed.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Sandboxes that the demo caused to be and has not deleted.</summary>
    public IReadOnlyCollection<string> Sandboxes => _sandboxes;

    private DemoServer Server => _server ?? throw new InvalidOperationException("The server is not started.");

    public async Task StartServerAsync(CancellationToken cancellationToken) => _server = await DemoServer.StartAsync(_settings, transcript, onServerLine, cancellationToken);

    public async Task KillServerAsync(CancellationToken cancellationToken)
    {
        await Server.KillAsync(cancellationToken);
        await Server.DisposeAsync();
        _server = null;
    }

    public Task<IReadOnlyList<string>> ListToolsAsync(CancellationToken cancellationToken) => Server.ListToolsAsync(cancellationToken);

    public string Protocol => Server.Protocol;

    /// <summary>One check: what it does, and what it found when it passes.</summary>
    public async Task CheckAsync(string title, Func<Task<string>> check)
    {
        Current = title;
        transcript.Heading(title);
        var started = TimeProvider.System.GetTimestamp();
        var found = await check();
        Passed++;
        var time = Times.Seconds(TimeProvider.System.GetElapsedTime(started));
        transcript.Say($"**Passed in {time}**: {found}");
        await error.WriteLineAsync($"ok {time,7}  {title}: {found}");
    }

    /// <summary>Calls a tool in the first conversation; it must succeed.</summary>
    public Task<ToolAnswer> CallAsync(string tool, JsonObject arguments, CancellationToken cancellationToken) => CallAsync(tool, arguments, Conversation, cancellationToken);

    public async Task<ToolAnswer> CallAsync(string tool, JsonObject arguments, string conversation, CancellationToken cancellationToken)
    {
        arguments["conversation"] = conversation;
        return Remember(await Server.CallAsync(tool, arguments, cancellationToken));
    }

    /// <summary>Calls a tool in the first conversation; it may refuse.</summary>
    public async Task<ToolAnswer> TryCallAsync(string tool, JsonObject arguments, CancellationToken cancellationToken)
    {
        arguments["conversation"] = Conversation;
        return Remember(await Server.TryCallAsync(tool, arguments, cancellationToken));
    }

    public void Forget(string sandboxId) => _sandboxes.Remove(sandboxId);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;

    private ToolAnswer Remember(ToolAnswer answer)
    {
        if (answer.FindFact("sandbox_id") is { } id)
        {
            _sandboxes.Add(id);
        }

        return answer;
    }
}
