using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Watches directories with all that is in them, by the kernel's inotify. A thread of its own holds the tree and reads the events.</summary>
internal sealed unsafe class WatchTree : IDisposable
{
    private const uint Modified = 0x2;
    private const uint AttributesChanged = 0x4;
    private const uint MovedFrom = 0x40;
    private const uint MovedTo = 0x80;
    private const uint Created = 0x100;
    private const uint Deleted = 0x200;
    private const uint DeletedItself = 0x400;
    private const uint MovedItself = 0x800;
    private const uint Overflowed = 0x4000;
    private const uint Ignored = 0x8000;
    private const uint OnlyDirectory = 0x1000000;
    private const uint IsDirectory = 0x40000000;
    private const uint Wanted = Modified | AttributesChanged | MovedFrom | MovedTo | Created | Deleted | DeletedItself | MovedItself | OnlyDirectory;

    private const int BufferBytes = 64 * 1024;
    private const int HeaderBytes = 16;
    private const short Readable = 1;

    // The second half of a rename comes at once, or never.
    private const int RenameMilliseconds = 20;

    // A directory that is held open tells nobody of its own removal, so that is looked for.
    private const int RemovalMilliseconds = 1000;

    private readonly ChangeQueue _changes;
    private readonly WatchBudget _budget;
    private readonly SafeFileHandle _inotify;
    private readonly SafeFileHandle _wake;
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly Dictionary<int, WatchNode> _nodes = [];
    private readonly Dictionary<string, WatchRoot> _roots = new(StringComparer.Ordinal);
    private readonly Thread _thread;
    private volatile bool _isOver;
    private Rename? _rename;

    public WatchTree(ChangeQueue changes, WatchBudget budget)
    {
        _changes = changes;
        _budget = budget;
        _inotify = Own(Libc.StartWatching(OpenFlags.CloseOnExec | OpenFlags.NonBlocking));
        _wake = Own(Libc.CreateEvent(0, OpenFlags.CloseOnExec | OpenFlags.NonBlocking));
        _thread = new Thread(Run) { IsBackground = true, Name = "watch" };
        _thread.Start();
    }

    /// <summary>Runs something on the tree's own thread, where alone the tree may be touched.</summary>
    public Task RunAsync(Action action, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Enqueue(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        });
        Wake();
        return done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Watches a directory with all that is in it, or one file of it.</summary>
    public void Add(SafeFileHandle directory, SandboxPath path, string? only)
    {
        var top = only is null ? path : path.Parent;
        _roots.Add(
            _roots.ContainsKey(path.Full) ? throw new HopxException(HopxErrorCode.Conflict, $"{path.Full} is watched already.") { Path = path.Full } : path.Full,
            new WatchRoot(Duplicate(directory), top, only));
        Scan(_roots[path.Full], isNew: false);
    }

    public void Remove(SandboxPath path)
    {
        if (!_roots.Remove(path.Full, out var root))
        {
            throw new HopxException(HopxErrorCode.ResourceNotFound, $"{path.Full} is not watched.") { Path = path.Full };
        }

        root.Directory.Dispose();
        // Others may share directories with it: what is still wanted is found anew.
        Rebuild();
    }

    public void Dispose()
    {
        _isOver = true;
        Wake();
        _thread.Join();
        _budget.GiveBack(_nodes.Count);
        foreach (var root in _roots.Values)
        {
            root.Directory.Dispose();
        }

        _inotify.Dispose();
        _wake.Dispose();
    }

    private static SafeFileHandle Own(int descriptor) => descriptor >= 0
        ? new SafeFileHandle(descriptor, ownsHandle: true)
        : throw new HopxException(HopxErrorCode.ResourceLimitError, $"{new NativeException("watch files", Marshal.GetLastPInvokeError()).Message} Close another watch first.");

    private static SafeFileHandle Duplicate(SafeFileHandle directory) => Own(Libc.OpenAt(directory.Number(), ".", OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0));

    private void Wake()
    {
        var one = 1L;
        _ = Libc.Write(_wake.Number(), (byte*)&one, sizeof(long));
    }

    private void Run()
    {
        var buffer = new byte[BufferBytes];
        var descriptors = stackalloc Libc.PollDescriptor[2];
        while (!_isOver)
        {
            descriptors[0] = new Libc.PollDescriptor { Descriptor = _inotify.Number(), Events = Readable };
            descriptors[1] = new Libc.PollDescriptor { Descriptor = _wake.Number(), Events = Readable };
            var ready = Libc.Poll(descriptors, 2, _rename is null ? RemovalMilliseconds : RenameMilliseconds);
            if (ready == 0)
            {
                EndRename();
                EndRemoved();
            }

            if ((descriptors[1].Returned & Readable) != 0)
            {
                long count;
                _ = Libc.Read(_wake.Number(), (byte*)&count, sizeof(long));
            }

            ReadEvents(buffer);
            while (!_isOver && _work.TryDequeue(out var work))
            {
                work();
            }
        }
    }

    private void ReadEvents(byte[] buffer)
    {
        fixed (byte* start = buffer)
        {
            while (!_isOver && Libc.Read(_inotify.Number(), start, buffer.Length) is var length and > 0)
            {
                for (var at = 0; at < length;)
                {
                    var head = start + at;
                    var nameLength = *(int*)(head + 12);
                    var name = nameLength == 0 ? "" : FileNames.ToText(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(head + HeaderBytes));
                    Handle(*(int*)head, *(uint*)(head + 4), *(uint*)(head + 8), name);
                    at += HeaderBytes + nameLength;
                }
            }
        }
    }

    private void Handle(int number, uint what, uint cookie, string name)
    {
        if ((what & Overflowed) != 0)
        {
            Rebuild();
            _changes.Overflow(_roots.Keys.FirstOrDefault() ?? "/", "More changed than the kernel could remember; some changes are not told. Look at the directory anew.");
            return;
        }

        if (!_nodes.TryGetValue(number, out var node))
        {
            return;
        }

        if (_rename is { } rename && !(rename.Cookie == cookie && (what & MovedTo) != 0))
        {
            EndRename();
        }

        if ((what & Ignored) != 0)
        {
            Forget(node);
        }
        else if ((what & (DeletedItself | MovedItself)) != 0)
        {
            HandleItself(node);
        }
        else if ((what & MovedFrom) != 0)
        {
            node.Names.Remove(WatchNode.Hash(name));
            _rename = new Rename(cookie, node, name, (what & IsDirectory) != 0);
        }
        else if ((what & MovedTo) != 0)
        {
            HandleMovedTo(node, name, (what & IsDirectory) != 0);
        }
        else if ((what & Created) != 0)
        {
            Appear(node, name, (what & IsDirectory) != 0, replacing: false);
        }
        else if ((what & Deleted) != 0)
        {
            node.Names.Remove(WatchNode.Hash(name));
            node.Remove(name);
            Tell("deleted", node, name, (what & IsDirectory) != 0);
        }
        else if ((what & (Modified | AttributesChanged)) != 0 && name.Length > 0)
        {
            Tell("modified", node, name, (what & IsDirectory) != 0);
        }
    }

    private void HandleMovedTo(WatchNode node, string name, bool isDirectory)
    {
        if (_rename is not { } from)
        {
            Appear(node, name, isDirectory, replacing: true);
            return;
        }

        _rename = null;
        var isReplaced = !node.Names.Add(WatchNode.Hash(name));
        if (isDirectory && from.Node.Child(from.Name) is { } moved)
        {
            moved.MoveTo(node, name);
        }
        else if (isDirectory)
        {
            ScanNew(node, name);
        }

        if (TemporaryName.Is(from.Name))
        {
            // A file that was written beside its place and has taken it.
            Tell(isReplaced ? "modified" : "created", node, name, isDirectory);
            return;
        }

        var wasWanted = IsWanted(from.Node, from.Name);
        if (wasWanted && IsWanted(node, name))
        {
            _changes.Add(new FileChange
            {
                Path = $"{node.Path}/{name}",
                OldPath = $"{from.Node.Path}/{from.Name}",
                Event = "renamed",
                IsDirectory = isDirectory,
            });
        }
        else if (wasWanted)
        {
            Tell("deleted", from.Node, from.Name, isDirectory);
        }
        else
        {
            Tell(isReplaced ? "modified" : "created", node, name, isDirectory);
        }
    }

    // Only its first half was seen: it has gone to where nobody watches.
    private void EndRename()
    {
        if (_rename is { } gone)
        {
            _rename = null;
            if (gone.Node.Child(gone.Name) is { } left)
            {
                gone.Node.Remove(gone.Name);
                StopBeneath(left);
            }

            Tell("deleted", gone.Node, gone.Name, gone.IsDirectory);
        }
    }

    private void EndRemoved()
    {
        foreach (var path in _roots.Where(root => root.Value.Only is null && SandboxFileSystem.IsRemoved(root.Value.Directory)).Select(root => root.Key).ToList())
        {
            if (_nodes.Values.FirstOrDefault(node => node.Parent is null && node.Path == path) is { } top)
            {
                HandleItself(top);
            }
        }
    }

    private void Appear(WatchNode node, string name, bool isDirectory, bool replacing)
    {
        // What is known already was found when a new directory was looked through, and has been told.
        var isNew = node.Names.Add(WatchNode.Hash(name));
        if (isNew || replacing)
        {
            Tell(isNew ? "created" : "modified", node, name, isDirectory);
        }

        if (isDirectory && node.Child(name) is null)
        {
            ScanNew(node, name);
        }
    }

    private void HandleItself(WatchNode node)
    {
        if (node.Parent is null && node.Only is null && _roots.Remove(node.Path, out var root))
        {
            root.Directory.Dispose();
            _changes.Add(new FileChange { Path = node.Path, Event = "deleted", IsDirectory = true });
            StopBeneath(node);
        }
    }

    private void Tell(string what, WatchNode node, string name, bool isDirectory)
    {
        if (IsWanted(node, name))
        {
            _changes.Add(new FileChange { Path = $"{node.Path}/{name}", Event = what, IsDirectory = isDirectory });
        }
    }

    private static bool IsWanted(WatchNode node, string name) => !TemporaryName.Is(name) && (node.Only is null || node.Only.Contains(name));

    private void ScanNew(WatchNode node, string name)
    {
        if (node.Only is not null || TemporaryName.Is(name))
        {
            return;
        }

        // From the root downwards and through no link, wherever the directory has been moved meanwhile.
        var rootNode = node;
        var relative = name;
        for (; rootNode.Parent is { } parent; rootNode = parent)
        {
            relative = $"{rootNode.Name}/{relative}";
        }

        foreach (var root in _roots.Values.Where(root => root.Top.Full == rootNode.Name))
        {
            using var directory = BeneathDirectory.TryOpen(root.Directory, FileNames.ToBytes(relative), out _);
            if (directory is not null)
            {
                ScanTree(directory, node, name, isNew: true);
            }

            return;
        }
    }

    private void Scan(WatchRoot root, bool isNew)
    {
        if (root.Only is { } only)
        {
            var node = Watch(root.Directory, root.Top.Full, parent: null, isWhole: false, out var isShared);
            if (node is not null && (!isShared || node.Only is not null))
            {
                (node.Only ??= new(StringComparer.Ordinal)).Add(only);
                node.Names.UnionWith(SandboxFileSystem.GetEntryStatus(root.Directory, only) is null ? [] : [WatchNode.Hash(only)]);
            }
        }
        else
        {
            ScanTree(root.Directory, parent: null, root.Top.Full, isNew);
        }
    }

    private void ScanTree(SafeFileHandle directory, WatchNode? parent, string name, bool isNew)
    {
        WatchNode? top = null;
        WatchNode? current = null;
        using var walk = new TreeWalk(directory, entered: (opened, path) =>
        {
            var (above, own) = path.Length == 0 ? (parent, name) : Locate(top, FileNames.ToText(path));
            current = path.Length > 0 && (above is null || TemporaryName.Is(own)) ? null : Watch(opened, own, above, isWhole: true, out _);
            top ??= current;
        });
        while (!_isOver && walk.MoveNext())
        {
            var entry = FileNames.ToText(walk.Name);
            if (current is not null && current.Names.Add(WatchNode.Hash(entry)) && isNew)
            {
                Tell("created", current, entry, walk.Type == TreeWalk.Directory);
            }
        }
    }

    private static (WatchNode? Parent, string Name) Locate(WatchNode? top, string path)
    {
        var parts = path.Split('/');
        for (var i = 0; i < parts.Length - 1; i++)
        {
            top = top?.Child(parts[i]);
        }

        return (top, parts[^1]);
    }

    private WatchNode? Watch(SafeFileHandle directory, string name, WatchNode? parent, bool isWhole, out bool isShared)
    {
        isShared = false;
        if (!_budget.TryTake())
        {
            Refuse(name, parent, $"All watches together may hold {_budget.Limit} directories, and do.");
            return null;
        }

        var number = Libc.AddWatch(_inotify.Number(), $"/proc/self/fd/{directory.Number()}", Wanted);
        if (number < 0)
        {
            _budget.GiveBack(1);
            if (Marshal.GetLastPInvokeError() is Errno.NoSpace or Errno.NoMemory)
            {
                Refuse(name, parent, "The system's limit of watched directories is reached (fs.inotify.max_user_watches).");
            }

            return null;
        }

        if (_nodes.TryGetValue(number, out var known))
        {
            // The same directory on another way, or one that a wider watch takes over.
            _budget.GiveBack(1);
            isShared = true;
            known.Only = isWhole ? null : known.Only;
            return known;
        }

        var node = new WatchNode(number, name, parent);
        _nodes.Add(number, node);
        parent?.Add(node);
        return node;
    }

    private void Refuse(string name, WatchNode? parent, string why)
    {
        var path = parent is null ? name : $"{parent.Path}/{name}";
        var message = $"{path} is not watched: {why} Watch a smaller directory.";
        _changes.Add(new FileChange { Type = "error", Path = path, Error = message, Message = message, Code = HopxErrorCode.ResourceLimitError.ToWire() });
    }

    private void StopBeneath(WatchNode top)
    {
        var rest = new Stack<WatchNode>([top]);
        while (rest.TryPop(out var node))
        {
            _ = Libc.RemoveWatch(_inotify.Number(), node.Number);
            Forget(node);
            foreach (var child in node.Children)
            {
                rest.Push(child);
            }
        }
    }

    private void Forget(WatchNode node)
    {
        if (_nodes.Remove(node.Number))
        {
            _budget.GiveBack(1);
            if (node.Parent?.Child(node.Name) == node)
            {
                node.Parent.Remove(node.Name);
            }
        }
    }

    private void Rebuild()
    {
        _rename = null;
        foreach (var node in _nodes.Values.ToList())
        {
            _ = Libc.RemoveWatch(_inotify.Number(), node.Number);
            Forget(node);
        }

        foreach (var root in _roots.Values)
        {
            Scan(root, isNew: false);
        }
    }

    private sealed record Rename(uint Cookie, WatchNode Node, string Name, bool IsDirectory);

    private sealed record WatchRoot(SafeFileHandle Directory, SandboxPath Top, string? Only);
}
