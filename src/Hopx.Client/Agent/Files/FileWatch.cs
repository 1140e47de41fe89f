using System.Runtime.CompilerServices;

namespace Hopx.Client;

/// <summary>A connection that tells of changes of files. Disposing it ends the watching.</summary>
public sealed class FileWatch : IAsyncDisposable
{
    private readonly AgentWebSocket _socket;

    internal FileWatch(AgentWebSocket socket) => _socket = socket;

    /// <summary>Watches one more file or directory, a directory with all that is in it.</summary>
    public Task AddAsync(string path, CancellationToken cancellationToken = default) =>
        _socket.SendAsync(new WatchRequest { Action = "watch", Path = path }, HopxJson.Default.WatchRequest, cancellationToken);

    /// <summary>
    /// What happens, as long as the connection lasts: changes; also a message of type <c>overflow</c> when some were lost, and with hopx-mcp's own agent one of type
    /// <c>watching</c> once a watch stands. What cannot be watched ends it with an exception.
    /// </summary>
    public async IAsyncEnumerable<FileChange> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await _socket.ReceiveAsync(HopxJson.Default.FileChange, cancellationToken).ConfigureAwait(false) is { } change)
        {
            if (change.Type is "error")
            {
                throw new HopxException(HopxErrorCodeExtensions.FromWire(change.Code), change.Message ?? change.Error ?? "The watch failed.") { Path = change.Path };
            }

            yield return change;
        }
    }

    public ValueTask DisposeAsync() => _socket.DisposeAsync();
}
