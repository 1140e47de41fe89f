using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hopx.Client;
using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Runtime;

/// <summary>The facts of this machine that decide how sandboxes are launched; looked up once, since they do not change under a running server.</summary>
internal sealed class Machine
{
    /// <summary>Places that exist everywhere, that any user may enter, and that a sandbox's launch can cover in its own mount namespace.</summary>
    private static readonly string[] Stages = ["/mnt", "/media", "/srv", "/opt", "/var/tmp"];

    private readonly SubordinateIds? _ids;

    private Machine(HostUser user, SubordinateIds? ids, ControlGroups controlGroups, bool hasLoopDevices, ulong mostOpenFiles, string home)
    {
        User = user;
        _ids = ids;
        ControlGroups = controlGroups;
        HasLoopDevices = hasLoopDevices;
        MostOpenFiles = mostOpenFiles;
        Home = home;
    }

    public HostUser User { get; }

    public string Home { get; }

    public ControlGroups ControlGroups { get; }

    public bool HasLoopDevices { get; }

    public ulong MostOpenFiles { get; }

    /// <summary>Whether a launch needs a user namespace around it; a root without cgroups goes the ordinary user's way, on which runtimes do without them.</summary>
    public bool Nested => !User.IsRoot || !ControlGroups.IsUsable;

    public bool HasIds => _ids is not null;

    /// <summary>Sub-ids of the user, onto which those of sandboxes are mapped.</summary>
    public SubordinateIds Ids => _ids ?? throw new HopxException(
        HopxErrorCode.MachineNotReady,
        $"User '{User.Name}' has no block of {SubordinateIds.Count} ids in /etc/subuid and /etc/subgid, without which no sandbox can be walled off. Run 'hopx-mcp setup' as root once.");

    public bool UsesDiskImage => !Nested && HasLoopDevices;

    public static Machine Inspect(string home)
    {
        var user = HostUser.Current();
        var fullHome = RealPath.Of(home);
        return new Machine(
            user,
            SubordinateIds.Find(user),
            ControlGroups.Detect(GroupName(fullHome), user.IsRoot),
            user.IsRoot && CanOpenLoopControl() && ToolProcess.Find("mkfs.ext4") is not null,
            ReadMostOpenFiles(),
            fullHome);
    }

    /// <summary>How a sandbox with these limits is launched here.</summary>
    /// <param name="uses">Paths of this machine that the launch needs, and which the stage must not hide.</param>
    public LaunchPlan Plan(SandboxLimits limits, string id, params IEnumerable<string> uses)
    {
        var has = ControlGroups.Controllers;
        var image = UsesDiskImage && limits.DiskMib > 0;
        var real = uses.Select(RealPath.Of).ToList();
        return new LaunchPlan
        {
            Stage = Stages.FirstOrDefault(stage => Directory.Exists(stage) && !real.Exists(path => path.StartsWith(stage + "/", StringComparison.Ordinal)))
                ?? throw new HopxException(HopxErrorCode.MachineNotReady, $"None of {string.Join(", ", Stages)} is free to mount a sandbox on. Make the directory /srv, or move HOPX_HOME."),
            Nested = Nested,
            FirstUser = Nested ? 1 : Ids.FirstUser,
            FirstGroup = Nested ? 1 : Ids.FirstGroup,
            IdCount = Nested ? SubordinateIds.Count - 1 : SubordinateIds.Count,
            MostOpenFiles = MostOpenFiles,
            UsesDiskImage = image,
            CgroupsPath = ControlGroups.IsUsable ? $"{ControlGroups.Group}/{id}" : null,
            LimitsSwap = ControlGroups.LimitsSwap,
            UsesPidsController = has.Contains("pids"),
            Enforcement = EnforcementFor(image),
        };
    }

    /// <summary>How the limits of a sandbox are held here.</summary>
    public LimitEnforcement Enforcement => EnforcementFor(UsesDiskImage);

    /// <summary>Arguments of <c>unshare</c> for a launch or a removal by this user.</summary>
    public IEnumerable<string> OwnNamespace => Nested ? Ids.OwnerNamespace : [];

    private LimitEnforcement EnforcementFor(bool image)
    {
        var has = ControlGroups.Controllers;
        return new LimitEnforcement(
            Cpu: has.Contains("cpu") ? EnforcedBy.Kernel : EnforcedBy.Nobody,
            Memory: has.Contains("memory") ? EnforcedBy.Kernel : EnforcedBy.Watchdog,
            Processes: has.Contains("pids") || Nested ? EnforcedBy.Kernel : EnforcedBy.PerProcess,
            Disk: image ? EnforcedBy.Kernel : EnforcedBy.Watchdog);
    }

    /// <summary>A name for the cgroup that holds those of one home, so that homes on one machine do not bury each other's sandboxes.</summary>
    private static string GroupName(string home) =>
        "hopx-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(home)).AsSpan(0, 4));

    private static bool CanOpenLoopControl()
    {
        try
        {
            File.Open("/dev/loop-control", FileMode.Open, FileAccess.ReadWrite).Dispose();
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static ulong ReadMostOpenFiles()
    {
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        return ulong.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var files) ? files : ulong.MaxValue;
    }
}
