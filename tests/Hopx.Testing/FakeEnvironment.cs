namespace Hopx.Testing;

/// <summary>Environment variables of a fake sandbox.</summary>
public sealed class FakeEnvironment
{
    private readonly Lock _lock = new();
    private Dictionary<string, string> _set;

    internal FakeEnvironment(IReadOnlyDictionary<string, string>? initial) => _set = new Dictionary<string, string>(initial ?? new Dictionary<string, string>());

    /// <summary>All of them, those that were there from the start included.</summary>
    public IReadOnlyDictionary<string, string> All
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<string, string>(_set) { ["PATH"] = "/usr/bin:/bin" };
            }
        }
    }

    internal void Set(IReadOnlyDictionary<string, string> variables, bool merge)
    {
        lock (_lock)
        {
            var next = merge ? new Dictionary<string, string>(_set) : [];
            foreach (var (name, value) in variables)
            {
                next[name] = value;
            }

            _set = next;
        }
    }
}
