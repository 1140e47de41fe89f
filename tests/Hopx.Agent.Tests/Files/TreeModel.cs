namespace Hopx.Agent.Tests;

/// <summary>What files and directories are, as simply as it can be said: content by path, null for directories.</summary>
internal sealed class TreeModel
{
    private Dictionary<string, string?> _entries = new(StringComparer.Ordinal);

    public bool Write(string path, string content) => !IsDirectory(path) && Attempt(() =>
    {
        var isMade = MakeParents(path);
        _entries[path] = content;
        return isMade;
    });

    public bool MakeDirectory(string path) => Attempt(() => MakeParents(path + "/"));

    public bool Remove(string path)
    {
        if (!_entries.ContainsKey(path) || HasFileAbove(path))
        {
            return false;
        }

        RemoveTree(path);
        return true;
    }

    public bool Move(string from, string to) => Transfer(from, to, keepsOld: false);

    public bool Copy(string from, string to) => Transfer(from, to, keepsOld: true);

    public string Describe() => string.Join('\n', _entries.Select(entry => entry.Key + (entry.Value is null ? "/" : "=" + entry.Value)).Order(StringComparer.Ordinal));

    private bool Transfer(string from, string to, bool keepsOld)
    {
        if (!_entries.ContainsKey(from))
        {
            return false;
        }

        // Into a directory that is there.
        to = IsDirectory(to) ? $"{to}/{from[(from.LastIndexOf('/') + 1)..]}" : to;
        if (from == to || HasFileAbove(to))
        {
            return false;
        }

        // The parents are made before the rest is looked at, and stay.
        MakeParents(to);
        if (_entries.ContainsKey(to) || (IsDirectory(from) && to.StartsWith(from + "/", StringComparison.Ordinal)))
        {
            return false;
        }

        foreach (var (path, content) in _entries.Where(entry => entry.Key == from || entry.Key.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
        {
            _entries[to + path[from.Length..]] = content;
        }

        if (!keepsOld)
        {
            RemoveTree(from);
        }

        return true;
    }

    private bool IsDirectory(string path) => _entries.TryGetValue(path, out var content) && content is null;

    private bool HasFileAbove(string path) => Parents(path).Any(parent => _entries.TryGetValue(parent, out var content) && content is not null);

    private bool MakeParents(string path)
    {
        if (HasFileAbove(path))
        {
            return false;
        }

        foreach (var parent in Parents(path))
        {
            _entries.TryAdd(parent, null);
        }

        return true;
    }

    private bool Attempt(Func<bool> change)
    {
        var before = new Dictionary<string, string?>(_entries);
        if (change())
        {
            return true;
        }

        _entries = before;
        return false;
    }

    private void RemoveTree(string path)
    {
        foreach (var inside in _entries.Keys.Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
        {
            _entries.Remove(inside);
        }
    }

    private static IEnumerable<string> Parents(string path) =>
        Enumerable.Range(0, path.Length).Where(place => path[place] == '/').Select(place => path[..place]);
}
