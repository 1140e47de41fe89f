using Hopx.Client;

namespace Hopx.ControlPlane.Runtime;

/// <summary>How the machine arranges its cgroups.</summary>
internal enum ControlGroupVersion
{
    None,
    V1,

    /// <summary>Controllers in version 1, an empty version 2 beside them.</summary>
    Hybrid,
    V2,
}

/// <summary>
/// What of the machine's cgroups this process can really use, and the few things that are done to a sandbox's cgroup without the OCI runtime:
/// freezing, which must be quick, and removal, which must also work when the runtime forgot the sandbox.
/// </summary>
internal sealed class ControlGroups
{
    /// <summary>Directories of all mounted hierarchies in which sandboxes' cgroups are made, by controller; version 2 stands under the empty name.</summary>
    private readonly Dictionary<string, string> _bases;

    private ControlGroups(ControlGroupVersion version, Dictionary<string, string> bases, HashSet<string> controllers, string group, string unusable)
    {
        Version = version;
        _bases = bases;
        Controllers = controllers;
        Group = group;
        WhyUnusable = unusable;
    }

    public ControlGroupVersion Version { get; }

    /// <summary>The controllers that limit sandboxes here.</summary>
    public IReadOnlySet<string> Controllers { get; }

    /// <summary>The cgroup, relative to its hierarchy's mount, that holds those of the sandboxes of one home.</summary>
    public string Group { get; }

    /// <summary>Why no cgroup can be made; empty when one can.</summary>
    public string WhyUnusable { get; }

    public bool IsUsable => WhyUnusable.Length == 0;

    public bool LimitsSwap => Version is ControlGroupVersion.V2
        || (_bases.TryGetValue("memory", out var memory) && File.Exists(Path.Combine(memory, "memory.memsw.limit_in_bytes")));

    public bool CanFreeze => IsUsable && (Version is ControlGroupVersion.V2 || _bases.ContainsKey("freezer"));

    /// <summary>Finds out what is usable. Nothing is left behind: a test cgroup is removed at once.</summary>
    /// <param name="name">Name of the cgroup for the sandboxes of one home.</param>
    /// <param name="isRoot">Only root makes cgroups outside its own.</param>
    public static ControlGroups Detect(string name, bool isRoot) =>
        Detect(name, isRoot, MountTable.Read(), File.ReadAllLines("/proc/self/cgroup"));

    internal static ControlGroups Detect(string name, bool isRoot, IReadOnlyList<MountEntry> mounts, IReadOnlyList<string> own)
    {
        var first = mounts.Where(mount => mount.Type == "cgroup").ToList();
        var second = mounts.FirstOrDefault(mount => mount.Type == "cgroup2");
        if (first.Count == 0)
        {
            return second is null
                ? Nothing(ControlGroupVersion.None, name, "no cgroup file system is mounted")
                : DetectUnified(name, isRoot, second, own);
        }

        var version = second is null ? ControlGroupVersion.V1 : ControlGroupVersion.Hybrid;
        if (!isRoot)
        {
            return Nothing(version, name, "cgroups of version 1 cannot be given to an ordinary user");
        }

        var bases = new Dictionary<string, string>();
        var controllers = new HashSet<string>();
        foreach (var mount in first)
        {
            if (TryMakeGroup(Path.Combine(mount.Point, name)) is { } failure)
            {
                return Nothing(version, name, failure);
            }

            foreach (var option in mount.SuperOptions.Where(option => option is not ("rw" or "ro")))
            {
                bases[option] = mount.Point;
                controllers.Add(option);
            }
        }

        if (second is not null)
        {
            bases[""] = second.Point;
        }

        controllers.RemoveWhere(controller => !File.Exists(Path.Combine(bases[controller], controller switch
        {
            "memory" => "memory.limit_in_bytes",
            "cpu" => "cpu.cfs_quota_us",
            _ => "cgroup.procs",
        })));
        return new ControlGroups(version, bases, controllers, "/" + name, "");
    }

    /// <summary>Stops every process of the sandbox where it stands.</summary>
    public async Task FreezeAsync(string id, CancellationToken cancellationToken)
    {
        if (!CanFreeze)
        {
            throw new HopxException(
                HopxErrorCode.MachineNotReady,
                $"Sandbox '{id}' cannot be paused on this machine: {(IsUsable ? "it has no cgroup freezer" : WhyUnusable)}. Stop it instead; its files are kept.");
        }

        await SetFrozenAsync(id, frozen: true, cancellationToken);
    }

    public Task ThawAsync(string id, CancellationToken cancellationToken) => SetFrozenAsync(id, frozen: false, cancellationToken);

    /// <summary>Lets a frozen sandbox die: in version 1 not even a kill reaches a frozen process.</summary>
    public void ThawForKill(string id)
    {
        if (FreezerFile(id) is { } file && File.Exists(file))
        {
            TryWrite(file, Version is ControlGroupVersion.V2 ? "0" : "THAWED");
        }
    }

    /// <summary>Removes the sandbox's empty cgroups; false when a process still holds one.</summary>
    public bool TryRemove(string id) => Existing(id).Aggregate(true, (all, directory) => TryRemoveDirectory(directory) && all);

    /// <summary>Removes the cgroup that holds those of the sandboxes, when none is left.</summary>
    public void RemoveGroupIfEmpty()
    {
        foreach (var directory in Bases().Select(directory => directory + Group).Where(Directory.Exists))
        {
            TryRemoveDirectory(directory);
        }
    }

    /// <summary>Ids of the sandboxes of which a cgroup exists.</summary>
    public IReadOnlyList<string> FindIds() => [.. Bases().SelectMany(directory => DirectoryNames.In(directory + Group)).Distinct()];

    /// <summary>The cgroups that hold the sandboxes of all homes, from the top to the nearest: what they may use together is the least of these.</summary>
    public IEnumerable<string> DirectoriesAbove(string controller)
    {
        if ((_bases.GetValueOrDefault(controller) ?? (Version is ControlGroupVersion.V2 ? _bases.GetValueOrDefault("") : null)) is not { } top)
        {
            yield break;
        }

        yield return top;
        for (var end = Group.IndexOf('/', 1); end > 0; end = Group.IndexOf('/', end + 1))
        {
            yield return top + Group[..end];
        }
    }

    /// <summary>Bytes that the sandbox's processes use now; null where no cgroup counts them.</summary>
    public long? MemoryInUse(string id) => Version is ControlGroupVersion.V2 ? ReadNumber("", id, "memory.current") : ReadNumber("memory", id, "memory.usage_in_bytes");

    /// <summary>Processor time that the sandbox's processes took; null where no cgroup counts it.</summary>
    public TimeSpan? CpuTime(string id)
    {
        if (Version is ControlGroupVersion.V2)
        {
            var line = _bases.GetValueOrDefault("") is { } unified
                ? TryReadLines($"{unified}{Group}/{id}/cpu.stat").FirstOrDefault(line => line.StartsWith("usage_usec ", StringComparison.Ordinal))
                : null;
            return line is not null && long.TryParse(line["usage_usec ".Length..], out var microseconds) ? TimeSpan.FromMicroseconds(microseconds) : null;
        }

        return ReadNumber("cpuacct", id, "cpuacct.usage") is { } nanoseconds ? TimeSpan.FromMicroseconds(nanoseconds / 1000.0) : null;
    }

    /// <summary>Processes and threads of the sandbox; null where no cgroup counts them.</summary>
    public long? ProcessCount(string id) => Version is ControlGroupVersion.V2 ? ReadNumber("", id, "pids.current") : ReadNumber("pids", id, "pids.current");

    /// <summary>Numbers of the processes in the sandbox's cgroups.</summary>
    public IEnumerable<int> ProcessesOf(string id) => Existing(id)
        .SelectMany(directory => TryReadLines(Path.Combine(directory, "cgroup.procs")))
        .Select(line => int.TryParse(line, out var process) ? process : 0)
        .Where(process => process > 0)
        .Distinct()
        .ToList();

    /// <summary>Whether the sandbox is frozen, or on the way there.</summary>
    public bool IsFrozen(string id) =>
        FreezerFile(id) is { } file && TryReadLines(file).FirstOrDefault()?.Trim() is { } state && state is not ("THAWED" or "0");

    private long? ReadNumber(string controller, string id, string file) =>
        _bases.GetValueOrDefault(controller) is { } directory
        && TryReadLines($"{directory}{Group}/{id}/{file}").FirstOrDefault() is { } line && long.TryParse(line.Trim(), out var number) ? number : null;

    private static string[] TryReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // The cgroup went away, or was never there.
            return [];
        }
    }

    private static ControlGroups DetectUnified(string name, bool isRoot, MountEntry mount, IReadOnlyList<string> own)
    {
        var ownPath = own.FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..] ?? "/";

        // Root takes the top. A user climbs from the own cgroup to the nearest one that was given to the user and holds no process itself:
        // the kernel gives controllers only to the children of such a cgroup.
        var parent = isRoot ? "/" : ownPath;
        while (!isRoot && parent != "/")
        {
            parent = Path.GetDirectoryName(parent) ?? "/";
            var directory = mount.Point + parent.TrimEnd('/');
            if (IsWritable(directory) && IsWritable(Path.Combine(directory, "cgroup.procs")) && ReadWords(Path.Combine(directory, "cgroup.procs")).Length == 0)
            {
                break;
            }
        }

        if (!isRoot && parent == "/")
        {
            return Nothing(ControlGroupVersion.V2, name, "no cgroup was given to this user; start the server by 'systemd-run --user --scope -p Delegate=yes', or as a service with Delegate=yes");
        }

        var group = $"{parent.TrimEnd('/')}/{name}";
        if (TryMakeGroup(mount.Point + group) is { } failure)
        {
            return Nothing(ControlGroupVersion.V2, name, failure);
        }

        var top = mount.Point + parent.TrimEnd('/');
        var enabled = ReadWords(Path.Combine(top, "cgroup.subtree_control"));
        var canEnable = IsWritable(Path.Combine(top, "cgroup.subtree_control"))
            && (!File.Exists(Path.Combine(top, "cgroup.type")) || ReadWords(Path.Combine(top, "cgroup.procs")).Length == 0);
        var controllers = canEnable ? enabled.Union(ReadWords(Path.Combine(top, "cgroup.controllers"))) : enabled;
        return new ControlGroups(ControlGroupVersion.V2, new Dictionary<string, string> { [""] = mount.Point }, [.. controllers], group, "");
    }

    private static ControlGroups Nothing(ControlGroupVersion version, string name, string why) => new(version, [], [], "/" + name, why);

    private async Task SetFrozenAsync(string id, bool frozen, CancellationToken cancellationToken)
    {
        var unified = Version is ControlGroupVersion.V2;
        var file = FreezerFile(id);
        if (file is null || !File.Exists(file))
        {
            throw new HopxException(HopxErrorCode.SandboxNotRunning, $"Sandbox '{id}' has no cgroup, so it does not run. Start it first.");
        }

        var (wanted, observed) = unified
            ? (frozen ? "1" : "0", Path.Combine(Path.GetDirectoryName(file)!, "cgroup.events"))
            : (frozen ? "FROZEN" : "THAWED", file);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            while (true)
            {
                // Version 1 can stay in between while processes fork; writing again makes it look at them again.
                await File.WriteAllTextAsync(file, wanted, late.Token);
                var state = await File.ReadAllTextAsync(observed, late.Token);
                if (unified ? state.Contains($"frozen {wanted}", StringComparison.Ordinal) : state.Trim() == wanted)
                {
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(1), late.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            TryWrite(file, unified ? "0" : "THAWED");
            throw new HopxException(HopxErrorCode.InternalError, $"Sandbox '{id}' did not become {(frozen ? "frozen" : "thawed")} within 5 s; it was let go on.");
        }
    }

    private string? FreezerFile(string id) => Version is ControlGroupVersion.V2
        ? _bases.GetValueOrDefault("") is { } unified ? $"{unified}{Group}/{id}/cgroup.freeze" : null
        : _bases.GetValueOrDefault("freezer") is { } freezer ? $"{freezer}{Group}/{id}/freezer.state" : null;

    private IEnumerable<string> Bases() => _bases.Values.Distinct();

    private IEnumerable<string> Existing(string id) => Bases().Select(directory => $"{directory}{Group}/{id}").Where(Directory.Exists);

    private static string? TryMakeGroup(string directory)
    {
        var probe = Path.Combine(directory, $"probe-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(probe);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"no cgroup can be made: {failure.Message}";
        }
        finally
        {
            TryRemoveDirectory(probe);
            TryRemoveDirectory(directory);
        }
    }

    /// <summary>A cgroup looks full of files and is removed like an empty directory, so .NET's own removal would walk into it in vain.</summary>
    private static bool TryRemoveDirectory(string directory)
    {
        if (Libc.RemoveDirectory(directory) == 0)
        {
            return true;
        }

        return !Directory.Exists(directory);
    }

    private static void TryWrite(string file, string text)
    {
        try
        {
            File.WriteAllText(file, text);
        }
        catch (IOException)
        {
            // The cgroup went away meanwhile.
        }
    }

    private static bool IsWritable(string path) => Libc.Access(path, Libc.AccessWrite) == 0;

    private static string[] ReadWords(string file) => File.Exists(file) ? File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];
}
