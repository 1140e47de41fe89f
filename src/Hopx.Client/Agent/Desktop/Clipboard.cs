namespace Hopx.Client;

/// <summary>The clipboard's text in both spellings; on the way in <see cref="Text"/> wins.</summary>
public sealed record ClipboardContent
{
    public string? Text { get; init; }

    public string? Content { get; init; }
}

/// <summary>Texts that were on the clipboard, newest first.</summary>
public sealed record ClipboardHistory
{
    public IReadOnlyList<string>? History { get; init; }
}
