using Hopx.Client;

namespace Hopx.Agent;

/// <summary>The conversation of <c>/files/watch</c>: the client names directories, the agent tells of changes in them.</summary>
internal sealed class WatchEndpoint(SandboxFileSystem files, WatchBudget budget, TimeProvider time)
{
    private const int MaxRoots = 100;

    // Who takes nothing for so long is not there any more.
    private static readonly TimeSpan SendPatience = TimeSpan.FromSeconds(30);

    public async Task TalkAsync(JsonFrames frames, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var changes = new ChangeQueue(time);
        using var tree = new WatchTree(changes, budget);
        var sending = SendAllAsync(frames, changes, over.Token);
        var listening = ListenAsync(frames, tree, changes, over.Token);
        try
        {
            await await Task.WhenAny(sending, listening);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(sending, listening).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task ListenAsync(JsonFrames frames, WatchTree tree, ChangeQueue changes, CancellationToken cancellationToken)
    {
        var roots = 0;
        while (true)
        {
            try
            {
                if (await frames.ReceiveAsync(HopxJson.Default.WatchRequest, cancellationToken) is not { } request)
                {
                    return;
                }

                // A message without an action can only mean one thing.
                switch (request.Action ?? "watch")
                {
                    case "watch" when roots == MaxRoots:
                        throw new HopxException(HopxErrorCode.ResourceLimitError, $"A socket watches at most {MaxRoots} paths. Watch a directory above them, or open another socket.");
                    case "watch":
                        await WatchAsync(request.Path, tree, changes, tellsOfStart: !frames.IsPaced, cancellationToken);
                        roots++;
                        break;
                    case "unwatch":
                        await tree.RunAsync(() => tree.Remove(files.Locate(request.Path)), cancellationToken);
                        roots--;
                        break;
                    default:
                        throw new HopxException(HopxErrorCode.InvalidRequest, $"The action '{request.Action}' is unknown. Send {{\"action\": \"watch\", \"path\": \"/workspace\"}}.");
                }
            }
            catch (HopxException refused)
            {
                changes.Add(new FileChange { Type = "error", Error = refused.Message, Message = refused.Message, Code = refused.Code.ToWire(), Path = refused.Path });
            }
        }
    }

    private async Task WatchAsync(string? asked, WatchTree tree, ChangeQueue changes, bool tellsOfStart, CancellationToken cancellationToken)
    {
        var path = files.Locate(asked);
        using var found = files.Find(path) ?? (path == files.Workdir ? files.OpenDirectory(path, create: true) : throw FileErrors.NotFound(path.Full));
        var isDirectory = SandboxFileSystem.GetStatus(found, path).IsDirectory;
        // A file is watched in its directory: most programs replace it instead of writing to it.
        using var directory = isDirectory ? SandboxFileSystem.OpenToRead(found, path) : files.OpenDirectory(path.Parent, create: false);
        await tree.RunAsync(
            () =>
            {
                tree.Add(directory, path, only: isDirectory ? null : path.Name);
                if (tellsOfStart)
                {
                    changes.Add(new FileChange { Type = "watching", Path = path.Full });
                }
            },
            cancellationToken);
    }

    private static async Task SendAllAsync(JsonFrames frames, ChangeQueue changes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var change = await changes.TakeAsync(cancellationToken);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(SendPatience);
            await frames.SendAsync(change, HopxJson.Default.FileChange, patience.Token);
        }
    }
}
