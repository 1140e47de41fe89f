using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.State;

namespace Hopx.Mcp.CommandLine.Serving;

/// <summary>The key that a server makes when there is none yet, since without one nobody could call its API.</summary>
internal static class FirstApiKey
{
    /// <summary>Makes the key if there is none; returns the file that holds it, or null.</summary>
    public static string? Ensure(ApiKeyStore keys, HomeDirectory home)
    {
        if (keys.Any())
        {
            return null;
        }

        // One from an earlier life of this home would keep its mode.
        File.Delete(home.FirstApiKey);
        using var file = new FileStream(home.FirstApiKey, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(file);
        writer.WriteLine(keys.Create("first", organizationId: 1).Text);
        return home.FirstApiKey;
    }
}
