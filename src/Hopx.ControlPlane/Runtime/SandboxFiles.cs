using System.Text.Json;
using Hopx.Client;

namespace Hopx.ControlPlane.Runtime;

/// <summary>The directories of one home's sandboxes, and the runtime's state directories beside them.</summary>
/// <remarks>
/// <c>sandboxes/ID/</c> holds <c>seed/</c> until the first launch, then <c>layer/</c> or <c>disk.img</c> and <c>formatted</c> (what the sandbox wrote),
/// <c>run/</c> (the agent's socket), <c>config.json</c>, <c>pid</c> and <c>agent.log</c>.
/// </remarks>
internal sealed class SandboxFiles(Machine machine)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Enterable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Everybody = Enterable | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const long MostLogBytes = 1 << 20;

    private static readonly TimeSpan RemovalPatience = TimeSpan.FromMinutes(5);

    private readonly string _sandboxes = Path.Combine(machine.Home, "sandboxes");
    private readonly string _states = Path.Combine(machine.Home, "runtime");

    public string States => _states;

    public string DirectoryOf(string id) => Path.Combine(_sandboxes, id);

    public string StateOf(string id) => Path.Combine(_states, id);

    public static bool HasRunBefore(string directory) => Directory.Exists(Path.Combine(directory, "layer")) || File.Exists(Path.Combine(directory, "formatted"));

    /// <summary>Makes the directory of a new sandbox, with what its root has of its own from the start.</summary>
    public void Create(SandboxStart start, LaunchPlan plan)
    {
        Directory.CreateDirectory(_sandboxes, Private);
        Directory.CreateDirectory(_states, Private);
        var directory = DirectoryOf(start.Id);
        Make(directory, Enterable);
        Make(Path.Combine(directory, "run"), Enterable);
        Make(Path.Combine(directory, "seed"), Enterable);
        Make(Path.Combine(directory, "seed", "work"), Enterable);
        var upper = Path.Combine(directory, "seed", "upper");
        Make(upper, Enterable);

        // A template whose /etc is a link would have the link hidden by ours.
        if (new DirectoryInfo(Path.Combine(start.TemplateRoot, "etc")) is { Exists: true, LinkTarget: null })
        {
            var hostname = OciBundle.Hostname(start.Id);
            var etc = Path.Combine(upper, "etc");
            Make(etc, Enterable);
            Write(Path.Combine(etc, "hostname"), $"{hostname}\n");
            Write(Path.Combine(etc, "hosts"), $"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 {hostname}\n");

            // Nobody listens there: names fail at once, not after a resolver's patience.
            Write(Path.Combine(etc, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
        }

        if (plan.UsesDiskImage)
        {
            using var image = File.Create(Path.Combine(directory, "disk.img"));
            image.SetLength(start.Limits.DiskBytes);
        }
    }

    /// <summary>Writes what the runtime reads, and lets the agent make its socket.</summary>
    public static void Prepare(string directory, OciConfig config)
    {
        File.Delete(Path.Combine(directory, "pid"));
        File.Delete(Path.Combine(directory, "run", AgentConnector.SocketName));
        File.WriteAllBytes(Path.Combine(directory, "config.json"), JsonSerializer.SerializeToUtf8Bytes(config, OciJson.Default.OciConfig));
        File.SetUnixFileMode(Path.Combine(directory, "run"), Everybody);
    }

    /// <summary>The seed went into the image or became the layer; whichever it was, a copy is of no more use.</summary>
    public static void DeleteSeed(SandboxHandle sandbox)
    {
        var seed = Path.Combine(sandbox.Directory, "seed");
        if (Directory.Exists(seed))
        {
            Directory.Delete(seed, recursive: true);
        }
    }

    /// <summary>Takes the right to write beside the agent's socket away again, before any code but the agent's runs: what lies there counts against no disk limit.</summary>
    public static void Seal(SandboxHandle sandbox) => File.SetUnixFileMode(sandbox.RunDirectory, Enterable);

    /// <summary>Cuts the agent's log when it has grown too long; the sandbox's code can make the agent write to it.</summary>
    public static void TrimLog(SandboxHandle sandbox)
    {
        var log = new FileInfo(sandbox.AgentLog);
        if (log.Exists && log.Length > MostLogBytes)
        {
            // The agent appends, so it goes on at the new end.
            using var stream = log.OpenWrite();
            stream.SetLength(0);
        }
    }

    /// <summary>What the disk image takes of this machine's disk; null where there is none.</summary>
    public static long? DiskImageBytes(SandboxHandle sandbox) => Libc.AllocatedBytes(Path.Combine(sandbox.Directory, "disk.img"));

    /// <summary>Forgets a run that ended; what the sandbox wrote stays.</summary>
    public void DeleteRun(string id)
    {
        DeleteState(id);
        var directory = DirectoryOf(id);
        if (Directory.Exists(directory))
        {
            File.Delete(Path.Combine(directory, "pid"));
            if (Directory.Exists(Path.Combine(directory, "run")))
            {
                File.Delete(Path.Combine(directory, "run", AgentConnector.SocketName));
            }
        }
    }

    /// <summary>Removes all that is on disk of a sandbox, whatever its code made of it.</summary>
    public async Task DeleteAsync(string id)
    {
        DeleteState(id);
        var directory = DirectoryOf(id);
        if (!Directory.Exists(directory))
        {
            return;
        }

        // Only what the server itself made is removed in process. Trees of the sandbox may be deeper than a path can say,
        // closed to their owner, and belong to sub-ids: rm knows how, from within their namespace.
        if (File.Exists(Path.Combine(directory, "disk.img")) && !Directory.Exists(Path.Combine(directory, "layer")))
        {
            Directory.Delete(directory, recursive: true);
            return;
        }

        string[] remove = ["rm", "-rf", "--one-file-system", "--", directory];
        var command = machine.User.IsRoot ? remove : ["unshare", .. machine.Ids.OwnerNamespace, .. remove];
        var result = await ToolProcess.RunAsync(command[0], command[1..], RemovalPatience);
        if (!result.Succeeded)
        {
            throw new HopxException(HopxErrorCode.InternalError, $"The files of sandbox '{id}' in '{directory}' could not be removed: {result.Complaint}");
        }
    }

    public IReadOnlySet<string> FindDirectories() => DirectoryNames.In(_sandboxes).ToHashSet();

    public IReadOnlySet<string> FindStates() => DirectoryNames.In(_states).ToHashSet();

    /// <summary>Number that the runtime wrote for the sandbox's first process.</summary>
    public static ProcessIdentity? ReadProcess(string directory) =>
        int.TryParse(File.ReadAllText(Path.Combine(directory, "pid")), out var id) ? ProcessIdentity.Read(id) : null;

    private void DeleteState(string id)
    {
        if (Directory.Exists(StateOf(id)))
        {
            Directory.Delete(StateOf(id), recursive: true);
        }
    }

    private static void Make(string directory, UnixFileMode mode)
    {
        Directory.CreateDirectory(directory);
        File.SetUnixFileMode(directory, mode);
    }

    private static void Write(string file, string text)
    {
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, Readable);
    }
}
