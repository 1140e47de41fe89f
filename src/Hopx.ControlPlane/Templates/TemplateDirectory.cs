using Hopx.Client;

namespace Hopx.ControlPlane.Templates;

/// <summary>Where built templates are kept. Several homes may share one, since a template is never written again.</summary>
internal sealed record TemplateDirectory(string Path)
{
    /// <summary>Ids other than the owner's may pass through, not list: builds run as the ids of the sandbox.</summary>
    private const UnixFileMode PassThrough =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Makes the directory where it is missing.</summary>
    public void Create()
    {
        try
        {
            Make(Path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"Templates are kept in '{Path}', which cannot be written: {failure.Message} Set HOPX_HOME to a directory that belongs to the user who runs hopx-mcp.",
                failure);
        }
    }

    /// <summary>Makes a directory that builds can pass through, whatever the umask says.</summary>
    public static void Make(string path)
    {
        Directory.CreateDirectory(path);
        if (File.GetUnixFileMode(path) != PassThrough)
        {
            File.SetUnixFileMode(path, PassThrough);
        }
    }
}
