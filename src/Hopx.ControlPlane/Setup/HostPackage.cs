namespace Hopx.ControlPlane.Setup;

/// <summary>A Debian package of this machine, what it is needed for, and the files by which any one of them shows that it is there.</summary>
internal sealed record HostPackage(string Name, string Purpose, params IReadOnlyList<string> Evidence)
{
    /// <summary>What building templates and running sandboxes takes.</summary>
    public static IReadOnlyList<HostPackage> ForSandboxes { get; } =
    [
        new("runc", "runs sandboxes", "runc", "crun"),
        new("uidmap", "maps the users of a sandbox to unprivileged ids", "newuidmap"),
        new("util-linux", "makes namespaces", "unshare"),
        new("mount", "mounts in a sandbox's own namespace", "mount"),
        new("e2fsprogs", "limits the disk of a sandbox", "mkfs.ext4"),
        new("mmdebstrap", "builds templates", "mmdebstrap"),
        new("debian-archive-keyring", "verifies the packages in templates", "/usr/share/keyrings/debian-archive-keyring.gpg"),
    ];

    /// <summary>What publishing the agent from source takes besides the .NET SDK.</summary>
    public static IReadOnlyList<HostPackage> ForAgentBuild { get; } =
    [
        new("gcc", "links the agent", "gcc"),
        new("lld", "links the agent", "ld.lld"),
        new("cmake", "builds the agent's part of OpenSSL", "cmake"),
        new("make", "builds the agent's part of OpenSSL", "make"),
        new("libc6-dev", "is linked into the agent", "/usr/include/stdlib.h"),
        new("libssl-dev", "is linked into the agent", "/usr/include/openssl/ssl.h"),
        new("zlib1g-dev", "is linked into the agent", "/usr/include/zlib.h"),
    ];

    public bool IsInstalled => Evidence.Any(IsThere);

    /// <summary>Whether a program is where this machine keeps programs, also those that an ordinary user's PATH leaves out.</summary>
    public static bool IsInPath(string program) => FindInPath(program) is not null;

    public static string? FindInPath(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:{HostCommand.SystemPath}"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);

    private static bool IsThere(string evidence) => evidence.StartsWith('/') ? File.Exists(evidence) : IsInPath(evidence);
}
