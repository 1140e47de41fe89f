using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Hopx.Mcp.LiveView;

/// <summary>The page and the viewer that it uses, carried inside of this program.</summary>
internal static class LiveFiles
{
    private const string Prefix = "live/";

    private static readonly HashSet<string> Names =
        [.. typeof(LiveFiles).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..])];

    private static readonly ConcurrentDictionary<string, LiveFile> Read = new(StringComparer.Ordinal);

    /// <param name="path">Relative to the page; the page itself when empty.</param>
    public static LiveFile? Find(string path)
    {
        var name = path.Length is 0 ? "index.html" : path;
        return Names.Contains(name) ? Read.GetOrAdd(name, Load) : null;
    }

    private static LiveFile Load(string name)
    {
        using var resource = typeof(LiveFiles).Assembly.GetManifestResourceStream(Prefix + name)!;
        using var memory = new MemoryStream();
        resource.CopyTo(memory);
        var content = memory.ToArray();
        return new LiveFile(content, TypeOf(name), $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
}

/// <summary>One file of the page.</summary>
internal sealed record LiveFile(ReadOnlyMemory<byte> Content, string Type, string Tag);
