using System.Security.Cryptography;
using System.Text;

namespace Hopx.ControlPlane.Setup;

/// <summary>A checkout of this project, from which the programs for sandboxes can be published.</summary>
internal sealed record AgentSources(string Root)
{
    public static readonly IReadOnlyList<string> AgentInputs = ["src/Hopx.Agent", "src/Hopx.Client"];

    /// <summary>The checkout that the directory is in; null when it is in none.</summary>
    public static AgentSources? Above(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            if (File.Exists(Path.Combine(current.FullName, "Hopx.Mcp.sln")) && Directory.Exists(Path.Combine(current.FullName, "src", "Hopx.Agent")))
            {
                return new AgentSources(current.FullName);
            }
        }

        return null;
    }

    /// <summary>Changes when anything that the agent is built from changes.</summary>
    public string ComputeHash() => ComputeHash(AgentInputs);

    /// <summary>Changes when anything in those folders and files changes, or what all projects share.</summary>
    public string ComputeHash(IReadOnlyList<string> inputs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files(inputs).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(Root, file)));
            hash.AppendData([0]);
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private IEnumerable<string> Files(IReadOnlyList<string> inputs) =>
        Directory.EnumerateFiles(Root, "Directory.*")
            .Concat(inputs.Select(input => Path.Combine(Root, input)).SelectMany(path => File.Exists(path) ? [path] : FilesIn(new DirectoryInfo(path))));

    private static IEnumerable<string> FilesIn(DirectoryInfo directory) =>
        directory.EnumerateFiles().Select(file => file.FullName)
            .Concat(directory.EnumerateDirectories().Where(inner => inner.Name is not ("bin" or "obj")).SelectMany(FilesIn));
}
