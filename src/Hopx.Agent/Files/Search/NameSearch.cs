using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Finds files by name.</summary>
internal sealed class NameSearch(SandboxFileSystem files, TimeProvider time)
{
    private const int DefaultLimit = 1000;
    private const int MaxLimit = 200_000;

    public FileFindResult Find(IQueryCollection query, CancellationToken cancellationToken)
    {
        var path = query["path"].ToString() is { Length: > 0 } asked ? files.Locate(asked) : files.Workdir;
        var pattern = query["pattern"].ToString();
        var glob = pattern.Length == 0 || pattern == "*" ? null : new Glob(pattern, SearchQuery.IsSet(query, "ignore_case"));
        var kind = query["type"].ToString() switch
        {
            "" => (byte?)null,
            "file" or "f" => TreeWalk.Regular,
            "directory" or "dir" or "d" => TreeWalk.Directory,
            "link" or "l" => TreeWalk.Link,
            var unknown => throw new HopxException(HopxErrorCode.InvalidRequest, $"The type '{unknown}' is unknown. Use file, directory or link."),
        };
        var bounds = new SearchBounds(
            SearchBounds.Limit((long?)SearchQuery.Number(query, "limit"), DefaultLimit, MaxLimit), SearchBounds.Patience(SearchQuery.Number(query, "timeout")), time, cancellationToken);

        using var directory = files.OpenDirectory(path, create: path == files.Workdir);
        using var opened = SandboxFileSystem.OpenToRead(directory, path);
        using var walk = new TreeWalk(opened, Excluded(query));
        var found = new List<FileEntry>();
        Span<char> buffer = new char[4 * 1024];
        while (bounds.Continue() && walk.MoveNext())
        {
            if ((kind is { } wanted && walk.Type != wanted) || !Matches(glob, walk, buffer))
            {
                continue;
            }

            var relative = walk.GetPath();
            var parent = relative.LastIndexOf('/') is > 0 and var slash ? path.Child(relative[..slash]) : path;
            if (!bounds.TryTake())
            {
                break;
            }

            if (FileListing.Describe(walk.Parent, FileNames.ToText(walk.Name), parent) is { } entry)
            {
                found.Add(entry);
            }
        }

        found.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        return new FileFindResult { Path = path.Full, Files = found, Count = found.Count, Truncated = bounds.TruncatedBy is not null || walk.Unread > 0, TruncatedBy = bounds.TruncatedBy };
    }

    /// <summary>Whether an entry matches, without a string being made for it.</summary>
    public static bool Matches(Glob? glob, TreeWalk walk, Span<char> buffer)
    {
        if (glob is null)
        {
            return true;
        }

        if (glob.MatchesPath)
        {
            return glob.IsMatch(walk.GetPath());
        }

        return Encoding.UTF8.TryGetChars(walk.Name, buffer, out var length) && glob.IsMatch(buffer[..length]);
    }

    private static IReadOnlyList<string> Excluded(IQueryCollection query) =>
        query.TryGetValue("exclude", out var names) ? names.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries) : SearchBounds.DefaultExcluded;
}
