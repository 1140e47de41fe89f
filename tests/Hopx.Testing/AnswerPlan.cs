namespace Hopx.Testing;

/// <summary>Answers that tests have planned, used up in the order in which they were added.</summary>
public sealed class AnswerPlan
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    /// <summary>Plans the next answers to a route.</summary>
    /// <param name="method">Method of the route.</param>
    /// <param name="path">Path of the route; <c>*</c> stands for one segment.</param>
    /// <param name="answer">What to answer.</param>
    /// <param name="times">How many requests get it.</param>
    /// <param name="plane">Only on this plane; both have <c>/health</c>.</param>
    public void Add(HttpMethod method, string path, PlannedAnswer answer, int times = 1, FakePlane? plane = null)
    {
        lock (_lock)
        {
            _entries.Add(new Entry(method.Method, path, answer, plane) { Left = times });
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
        }
    }

    internal PlannedAnswer? Take(FakePlane plane, string method, string path)
    {
        lock (_lock)
        {
            var entry = _entries.Find(entry =>
                entry.Method == method && (entry.Plane ?? plane) == plane && PathPattern.Matches(entry.Path, path));
            if (entry is not null && --entry.Left == 0)
            {
                _entries.Remove(entry);
            }

            return entry?.Answer;
        }
    }

    private sealed record Entry(string Method, string Path, PlannedAnswer Answer, FakePlane? Plane)
    {
        public int Left { get; set; }
    }
}
