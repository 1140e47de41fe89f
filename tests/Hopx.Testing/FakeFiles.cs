using System.Collections.Concurrent;
using System.Text;
using Hopx.Client;

namespace Hopx.Testing;

/// <summary>Files of a fake sandbox, by absolute path. Only <c>/workspace</c> and <c>/tmp</c> can be reached.</summary>
public sealed class FakeFiles
{
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, FakeFile> _files = new(StringComparer.Ordinal);

    internal FakeFiles(TimeProvider time)
    {
        _time = time;
        MakeDirectory("/workspace");
        MakeDirectory("/tmp");
    }

    public IReadOnlyDictionary<string, FakeFile> All => _files.ToDictionary(StringComparer.Ordinal);

    public void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    public void Write(string path, ReadOnlyMemory<byte> content, string mode = "0644")
    {
        var resolved = Resolve(path);
        if (Find(resolved) is { IsDirectory: true })
        {
            throw new FakeErrorException(HopxErrorCode.InvalidPath, $"Is a directory: {resolved}", resolved);
        }

        MakeDirectory(ParentOf(resolved));
        _files[resolved] = new FakeFile(content, mode, _time.GetUtcNow());
    }

    public string ReadText(string path) => Encoding.UTF8.GetString(Read(path).Span);

    public ReadOnlyMemory<byte> Read(string path)
    {
        var resolved = Resolve(path);
        return Find(resolved) switch
        {
            null => throw new FakeErrorException(HopxErrorCode.FileNotFound, $"File not found: {resolved}", resolved),
            { Content: { } content } => content,
            _ => throw new FakeErrorException(HopxErrorCode.InvalidPath, $"Is a directory: {resolved}", resolved),
        };
    }

    public bool Exists(string path) => _files.ContainsKey(Resolve(path));

    public void MakeDirectory(string path)
    {
        for (var directory = Resolve(path, anywhere: true); directory is not "/"; directory = ParentOf(directory))
        {
            if (!_files.GetOrAdd(directory, new FakeFile(Content: null, "0755", _time.GetUtcNow())).IsDirectory)
            {
                throw new FakeErrorException(HopxErrorCode.InvalidPath, $"Not a directory: {directory}", directory);
            }
        }
    }

    internal FakeFile? Find(string resolved) => _files.GetValueOrDefault(resolved);

    internal IReadOnlyList<FileEntry> List(string path)
    {
        var resolved = Resolve(path);
        if (Find(resolved) is not { IsDirectory: true })
        {
            throw new FakeErrorException(HopxErrorCode.DirectoryNotFound, $"Directory not found: {resolved}", resolved);
        }

        return
        [
            .. _files
                .Where(file => ParentOf(file.Key) == resolved)
                .OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => new FileEntry
                {
                    Name = file.Key[(file.Key.LastIndexOf('/') + 1)..],
                    Path = file.Key,
                    Size = file.Value.Content?.Length ?? 4096,
                    IsDirectory = file.Value.IsDirectory,
                    ModifiedTime = file.Value.Modified,
                    Permissions = file.Value.Permissions,
                }),
        ];
    }

    internal void Remove(string path)
    {
        var resolved = Resolve(path);
        if (!_files.TryRemove(resolved, out _))
        {
            throw new FakeErrorException(HopxErrorCode.FileNotFound, $"File not found: {resolved}", resolved);
        }

        foreach (var inside in _files.Keys.Where(key => key.StartsWith(resolved + "/", StringComparison.Ordinal)).ToList())
        {
            _files.TryRemove(inside, out _);
        }
    }

    /// <summary>The absolute path without <c>.</c> and <c>..</c>.</summary>
    internal static string Resolve(string? path, bool anywhere = false)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new FakeErrorException(HopxErrorCode.MissingParameter, "path is required");
        }

        var resolved = System.IO.Path.GetFullPath(path, "/workspace").TrimEnd('/');
        return anywhere || resolved is "/workspace" or "/tmp" || resolved.StartsWith("/workspace/", StringComparison.Ordinal) || resolved.StartsWith("/tmp/", StringComparison.Ordinal)
            ? resolved
            : throw new FakeErrorException(HopxErrorCode.PathNotAllowed, $"Path not allowed: {path}", path);
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";
}
