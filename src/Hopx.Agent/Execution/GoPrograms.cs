using System.Security.Cryptography;
using System.Text;

namespace Hopx.Agent;

/// <summary>Go programs that were built before: the same code is not built again. They lie in the sandbox, whose code could change them as it could any other program there.</summary>
internal static class GoPrograms
{
    private const int MaxPrograms = 32;
    private const string DefaultHome = "/root";

    // With these the same code gives another program.
    private static readonly string[] Influences = ["GO", "CGO_", "CC", "CXX", "PKG_CONFIG"];

    /// <returns>Where the program of this code is or would be kept; null when what it is made of is more than the code.</returns>
    public static string? PathOf(string program, string compiler, RunPlace place)
    {
        if (HasModule(place.Directory))
        {
            return null;
        }

        var text = new StringBuilder(program).Append('\0').Append(compiler).Append('\0').Append(File.GetLastWriteTimeUtc(compiler).Ticks);
        foreach (var (name, value) in place.Environment.Where(IsInfluence).OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            text.Append('\0').Append(name).Append('=').Append(value);
        }

        var home = place.Environment.GetValueOrDefault("HOME") is ['/', ..] given ? given : DefaultHome;
        return Path.Combine(home, ".cache", "hopx", "go", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))));
    }

    /// <summary>Keeps a program, and drops those that were not used for longest.</summary>
    /// <param name="built">The program; it is moved.</param>
    /// <param name="kept">Where to.</param>
    public static void Keep(string built, string kept)
    {
        var directory = Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
        File.Move(built, kept, overwrite: true);
        foreach (var old in directory.GetFiles().OrderByDescending(file => file.LastWriteTimeUtc).Skip(MaxPrograms))
        {
            old.Delete();
        }
    }

    private static bool IsInfluence(KeyValuePair<string, string> variable) => Array.Exists(Influences, start => variable.Key.StartsWith(start, StringComparison.Ordinal));

    // Then packages of the module, and versions that it names, are part of the program.
    private static bool HasModule(string directory)
    {
        for (var at = directory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "go.mod")) || File.Exists(Path.Combine(at, "go.work")))
            {
                return true;
            }
        }

        return false;
    }
}
