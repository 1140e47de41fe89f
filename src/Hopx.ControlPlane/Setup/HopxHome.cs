using System.Text;
using Hopx.Client;

namespace Hopx.ControlPlane.Setup;

/// <summary>The directory that holds everything this program keeps, and the names inside it.</summary>
internal sealed record HopxHome
{
    /// <summary>Longest path of a Unix socket that Linux takes: 108 bytes with the closing zero.</summary>
    private const int LongestSocketPath = 107;

    public HopxHome(string root)
    {
        Root = Path.GetFullPath(root);
        Templates = Path.Combine(Root, "templates");
        Agents = Path.Combine(Root, "agent");
    }

    public string Root { get; }

    /// <summary>Built templates; may lie elsewhere, so that several homes share what took a minute to build.</summary>
    public string Templates { get; init; }

    /// <summary>Agents published from source, one directory per state of the sources.</summary>
    public string Agents { get; init; }

    public string ControlSocket => Path.Combine(Root, "control.sock");

    /// <summary>The home that <c>HOPX_HOME</c> names, else the one in the user's data directory.</summary>
    public static HopxHome Resolve(Func<string, string?> environment)
    {
        if (environment("HOPX_HOME") is { Length: > 0 } configured)
        {
            return new HopxHome(configured);
        }

        if (environment("XDG_DATA_HOME") is { Length: > 0 } data)
        {
            return new HopxHome(Path.Combine(data, "hopx"));
        }

        var user = environment("HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return user.Length > 0
            ? new HopxHome(Path.Combine(user, ".local", "share", "hopx"))
            : throw new HopxException(HopxErrorCode.InvalidConfiguration, "This user has no home directory. Set HOPX_HOME to a directory that this user can write.");
    }

    /// <summary>Makes the directory, closed to other users: templates hold set-uid files and sandboxes hold their owners' data.</summary>
    public void Create()
    {
        var longest = Encoding.UTF8.GetByteCount(ControlSocket);
        if (longest > LongestSocketPath)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"HOPX_HOME is '{Root}', and its socket '{ControlSocket}' would have {longest} bytes where a Unix socket takes {LongestSocketPath}. Set HOPX_HOME to a shorter path.");
        }

        try
        {
            Directory.CreateDirectory(Root);
            if (File.GetUnixFileMode(Root) != OwnerOnly)
            {
                File.SetUnixFileMode(Root, OwnerOnly);
            }

            var probe = Path.Combine(Root, $".write-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"HOPX_HOME is '{Root}', which '{Environment.UserName}' cannot write: {failure.Message} Make that directory writable, or set HOPX_HOME to another one.",
                failure);
        }
    }

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
}
