using System.Text;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>Some lines of a file, however they were got.</summary>
internal sealed record FileStretch
{
    // Invalid text further on than this is shown with replacement characters.
    private const int ProbeLength = 8192;

    public string Text { get; private init; } = "";

    public long FirstLine { get; private init; }

    /// <summary>0 when there is none.</summary>
    public long LastLine { get; private init; }

    /// <summary>Null when nobody counted to the end.</summary>
    public long? TotalLines { get; private init; }

    /// <summary>Bytes of the whole file.</summary>
    public long Size { get; private init; }

    public bool IsLineCut { get; private init; }

    public bool IsBinary { get; private init; }

    /// <summary>Of a service that knows lines.</summary>
    public static FileStretch Of(FileContent part) => new()
    {
        Text = part.Content,
        FirstLine = part.StartLine ?? 1,
        LastLine = part.LineCount is > 0 and var count ? (part.StartLine ?? 1) + count - 1 : 0,
        TotalLines = part.TotalLines,
        Size = part.FileSize ?? part.Size,
        IsLineCut = part.IsLineCut is true,
        IsBinary = part.Content.AsSpan(0, Math.Min(part.Content.Length, ProbeLength)).ContainsAny('\0', part.IsBinary is true ? '\ufffd' : '\0'),
    };

    /// <summary>Of a service that sent the whole file.</summary>
    public static FileStretch Of(FileContent whole, long offset, long? limit, int budget)
    {
        var bytes = Encoding.UTF8.GetBytes(whole.Content);
        var lines = new LineWindow(offset, limit ?? long.MaxValue, budget);
        lines.Add(bytes);
        lines.Finish();
        return Of(lines, bytes.Length);
    }

    /// <summary>Of a file that has passed by.</summary>
    public static FileStretch Of(LineWindow lines, long size) => new()
    {
        Text = lines.Text,
        FirstLine = lines.FirstLine,
        LastLine = lines.LastLine,
        TotalLines = lines.TotalLines,
        Size = size,
        IsLineCut = lines.IsLineCut,
        IsBinary = lines.IsBinary,
    };
}
