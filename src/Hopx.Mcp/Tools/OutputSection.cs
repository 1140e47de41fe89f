namespace Hopx.Mcp.Tools;

/// <summary>One labelled part of a result that comes out of a sandbox.</summary>
/// <param name="Name">Such as stdout.</param>
/// <param name="Text">All of it, made fit to be shown.</param>
/// <param name="OmittedBytes">How much the service had left out already.</param>
internal sealed record OutputSection(string Name, string Text, long OmittedBytes = 0)
{
    /// <summary>What is shown of it: everything, or head and tail.</summary>
    public string Shown { get; init; } = Text;

    /// <summary>File in the sandbox that holds all of it, where less is shown.</summary>
    public string? File { get; init; }

    public bool IsCut { get; init; }

    /// <summary>The files of those that are shown in part; null when all are shown whole.</summary>
    public static string[]? FilesOf(IEnumerable<OutputSection> sections) =>
        sections.Select(section => section.File).OfType<string>().ToArray() is { Length: > 0 } files ? files : null;
}
