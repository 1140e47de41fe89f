using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Hopx.Client;

/// <summary>A connection to a terminal. One task may read while another writes. Disposing it ends the terminal, unless it is kept.</summary>
public sealed class TerminalConnection : IAsyncDisposable
{
    /// <summary>Names the terminal in the answer to the upgrade: a message for it would confuse other clients.</summary>
    public const string IdHeader = "X-HOPX-Terminal-Id";

    private readonly AgentWebSocket _socket;

    internal TerminalConnection(AgentWebSocket socket, string? id)
    {
        _socket = socket;
        Id = id;
    }

    /// <summary>To connect to it again; null where the service has no such thing.</summary>
    public string? Id { get; }

    /// <summary>What its shell returned, once it has ended.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>What the screen is told, to the end of the shell.</summary>
    public async IAsyncEnumerable<string> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _socket.ReceiveAsync(HopxJson.Default.JsonObject, cancellationToken).ConfigureAwait(false) is { } message)
        {
            switch (TextOf(message, "type"))
            {
                case "output" when TextOf(message, "data") is { } text:
                    yield return text;
                    break;
                case "exit":
                    ExitCode = message["code"] is JsonValue code && code.TryGetValue(out int number) ? number : 0;
                    yield break;
                case "error":
                    throw new HopxException(HopxErrorCodeExtensions.FromWire(TextOf(message, "code")), TextOf(message, "message") ?? TextOf(message, "error") ?? "The terminal failed without a reason.");
            }
        }
    }

    /// <summary>Types.</summary>
    public Task WriteAsync(string text, CancellationToken cancellationToken = default) =>
        _socket.SendAsync(new TerminalInput { Type = "input", Data = text }, HopxJson.Default.TerminalInput, cancellationToken);

    public Task ResizeAsync(int cols, int rows, CancellationToken cancellationToken = default) =>
        _socket.SendAsync(new TerminalInput { Type = "resize", Cols = cols, Rows = rows }, HopxJson.Default.TerminalInput, cancellationToken);

    public ValueTask DisposeAsync() => _socket.DisposeAsync();

    private static string? TextOf(JsonObject message, string name) => message[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
