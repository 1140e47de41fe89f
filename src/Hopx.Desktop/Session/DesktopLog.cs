namespace Hopx.Desktop;

/// <summary>What the desktop's programs wrote last, and what became of them.</summary>
internal sealed class DesktopLog(TimeProvider time)
{
    private const int MostLines = 500;
    private const int MostLineLength = 500;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = [];
    private readonly List<string> _notices = [];

    public void Add(string source, string line)
    {
        var shown = line.Length > MostLineLength ? line[..MostLineLength] : line;
        lock (_gate)
        {
            _lines.Enqueue($"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {source}: {shown}");
            while (_lines.Count > MostLines)
            {
                _lines.Dequeue();
            }
        }
    }

    /// <summary>Something that the next answer has to say.</summary>
    public void AddNotice(string notice)
    {
        Add("desktop", notice);
        lock (_gate)
        {
            if (!_notices.Contains(notice) && _notices.Count < 8)
            {
                _notices.Add(notice);
            }
        }
    }

    /// <summary>Takes back what somebody was told in another way.</summary>
    public void RemoveNotice(string notice)
    {
        lock (_gate)
        {
            _notices.Remove(notice);
        }
    }

    public IReadOnlyList<string> Lines()
    {
        lock (_gate)
        {
            return [.. _lines];
        }
    }

    /// <summary>What has not been said yet; null when there is nothing.</summary>
    public IReadOnlyList<string>? TakeNotices()
    {
        lock (_gate)
        {
            if (_notices.Count == 0)
            {
                return null;
            }

            string[] taken = [.. _notices];
            _notices.Clear();
            return taken;
        }
    }
}
