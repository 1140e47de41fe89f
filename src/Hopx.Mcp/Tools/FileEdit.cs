using System.Text;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>One replacement in a text.</summary>
internal sealed record FileEdit
{
    private const int MaxPlaces = 10;
    private const int MaxShownLine = 200;

    public FileEdit(string oldText, string newText, bool replaceAll)
    {
        if (oldText.Length is 0)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "old_text is empty. Copy the text to change from read_file; to make a new file use write_file.");
        }

        if (oldText == newText)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "old_text and new_text are the same, so nothing would change.");
        }

        (OldText, NewText, ReplaceAll) = (oldText, newText, replaceAll);
    }

    public string OldText { get; }

    public string NewText { get; }

    public bool ReplaceAll { get; }

    /// <summary>The text after the edit, or an error that says why it does not fit.</summary>
    public (string Text, int Replacements, int FirstLine) Apply(string path, string text)
    {
        var (oldText, newText) = WithLineEndsOf(text);
        var places = Find(text, oldText);
        if (places is [])
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"old_text does not occur in {path}. {Hint(text, oldText)} Nothing was changed. Read the file and copy the text exactly.");
        }

        if (places.Count > 1 && !ReplaceAll)
        {
            var lines = string.Join(", ", places.Take(MaxPlaces).Select(place => LineOf(text, place)));
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"old_text occurs {places.Count} times in {path} (lines {lines}{(places.Count > MaxPlaces ? ", …" : "")}). Nothing was changed. Add lines around it so that it occurs once, or set replace_all.");
        }

        var edited = new StringBuilder(text.Length);
        var end = 0;
        foreach (var place in places)
        {
            edited.Append(text, end, place - end).Append(newText);
            end = place + oldText.Length;
        }

        return (edited.Append(text, end, text.Length - end).ToString(), places.Count, LineOf(text, places[0]));
    }

    // read_file shows lines without their \r, so nobody who copies from there could ever match one.
    private (string Old, string New) WithLineEndsOf(string text)
    {
        if (OldText.Contains('\r', StringComparison.Ordinal) || !text.Contains("\r\n", StringComparison.Ordinal) || text.Contains(OldText, StringComparison.Ordinal))
        {
            return (OldText, NewText);
        }

        return (OldText.ReplaceLineEndings("\r\n"), NewText.ReplaceLineEndings("\r\n"));
    }

    private static List<int> Find(string text, string oldText)
    {
        var places = new List<int>();
        for (var at = text.IndexOf(oldText, StringComparison.Ordinal); at >= 0; at = text.IndexOf(oldText, at + oldText.Length, StringComparison.Ordinal))
        {
            places.Add(at);
        }

        return places;
    }

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    // The first line of what was looked for is the best clue to where it was meant.
    private static string Hint(string text, string oldText)
    {
        var wanted = oldText.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0);
        if (wanted is null)
        {
            return "It is made of white space only.";
        }

        var number = 0;
        var best = (Line: 0, Text: "", Score: 0);
        foreach (var range in text.AsSpan().Split('\n'))
        {
            number++;
            var line = text.AsSpan(range).Trim();
            var score = line.SequenceEqual(wanted) ? int.MaxValue
                : line.Contains(wanted, StringComparison.OrdinalIgnoreCase) ? int.MaxValue - 1
                : line.CommonPrefixLength(wanted);
            if (score > best.Score)
            {
                best = (number, text[range].TrimEnd('\r'), score);
            }
        }

        return best.Score >= Math.Min(8, wanted.Length) ? $"Closest is line {best.Line}: \"{OutputText.Line(best.Text, MaxShownLine)}\"; compare white space and what follows." : "No line is like it.";
    }
}
