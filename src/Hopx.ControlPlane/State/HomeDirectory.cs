using System.Text;
using Hopx.Client;

namespace Hopx.ControlPlane.State;

/// <summary>The directory that holds all state, and the names inside it.</summary>
internal sealed class HomeDirectory
{
    // sun_path holds 108 bytes with its final NUL, and "/control.sock" must fit behind the home.
    private const int MaxSocketPath = 107;

    public HomeDirectory(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        ControlSocket = System.IO.Path.Combine(Path, "control.sock");
        if (Encoding.UTF8.GetByteCount(ControlSocket) > MaxSocketPath)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"HOPX_HOME '{Path}' is too long: a socket below it would exceed {MaxSocketPath} bytes. Choose a shorter directory, such as /var/lib/hopx.");
        }
    }

    public string Path { get; }

    public string ControlSocket { get; }

    public string SigningKey => System.IO.Path.Combine(Path, "signing.key");

    public string StateFile => System.IO.Path.Combine(Path, "state.db");

    public string FirstApiKey => System.IO.Path.Combine(Path, "first-api-key");

    /// <summary>Makes the directory, for its owner alone, and proves that it can be written.</summary>
    public void Prepare()
    {
        try
        {
            const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(Path, OwnerOnly);
            // Whoever can open the control socket is taken for the owner, also in a directory that was there before.
            File.SetUnixFileMode(Path, OwnerOnly);
            var probe = System.IO.Path.Combine(Path, $".probe-{Guid.NewGuid():N}");
            using (File.Create(probe, bufferSize: 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"HOPX_HOME '{Path}' cannot be written: {failure.Message} Set HOPX_HOME to a directory that belongs to the user who runs hopx-mcp.",
                failure);
        }
    }
}
