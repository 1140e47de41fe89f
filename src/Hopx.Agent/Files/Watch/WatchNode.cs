namespace Hopx.Agent;

/// <summary>A directory that is watched.</summary>
/// <param name="number">The kernel's number of the watch.</param>
/// <param name="name">Its name in the directory above; the full path for a root.</param>
/// <param name="parent">The directory above; null for a root.</param>
internal sealed class WatchNode(int number, string name, WatchNode? parent)
{
    private Dictionary<string, WatchNode>? _children;

    public int Number => number;

    public string Name { get; private set; } = name;

    public WatchNode? Parent { get; private set; } = parent;

    /// <summary>The only names that are told of; all when null.</summary>
    public HashSet<string>? Only { get; set; }

    /// <summary>Hashes of the names in it, so that what is new can be told from what is replaced: a whole name would take ten times the memory.</summary>
    public HashSet<ulong> Names { get; } = [];

    public IEnumerable<WatchNode> Children => _children?.Values ?? Enumerable.Empty<WatchNode>();

    public string Path
    {
        get
        {
            var names = new Stack<string>();
            for (var node = this; node is not null; node = node.Parent)
            {
                names.Push(node.Name);
            }

            return string.Join('/', names);
        }
    }

    /// <summary>FNV-1a: of 64 bits, since among a hundred thousand names two of 32 would be the same.</summary>
    public static ulong Hash(string name)
    {
        var hash = 14695981039346656037;
        foreach (var symbol in name)
        {
            hash = (hash ^ symbol) * 1099511628211;
        }

        return hash;
    }

    public WatchNode? Child(string childName) => _children?.GetValueOrDefault(childName);

    public void Add(WatchNode child) => (_children ??= new(StringComparer.Ordinal))[child.Name] = child;

    public void Remove(string childName) => _children?.Remove(childName);

    public void MoveTo(WatchNode newParent, string newName)
    {
        Parent?.Remove(Name);
        Parent = newParent;
        Name = newName;
        newParent.Add(this);
    }
}
