using System.Globalization;
using System.Text;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>What is looked for where; a plain list when neither a pattern nor a text is given.</summary>
internal sealed record FileSearch(string? Path, string? Pattern, string? Text);

/// <summary>Lists a directory, or finds files in its tree by name and by content.</summary>
internal sealed class FileFinder(IOptions<HopxMcpOptions> options)
{
    private const int MaxName = 1000;

    public async Task<CallToolResult> FindAsync(OpenSandbox sandbox, FileSearch search, CancellationToken cancellationToken)
    {
        try
        {
            return search switch
            {
                { Text: not null } => Describe(sandbox, search, await SearchAsync(sandbox, search, cancellationToken)),
                { Pattern: { } pattern } => Describe(sandbox, pattern, await sandbox.Agent.Files.FindAsync(pattern, search.Path, options.Value.MaxListEntries, cancellationToken: cancellationToken)),
                _ => Describe(sandbox, await sandbox.Agent.Files.ListAsync(search.Path, cancellationToken)),
            };
        }
        catch (HopxException failure) when (failure.MeansUnknownRoute && search is not { Pattern: null, Text: null })
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest, "This sandbox's service cannot search files. Use run_command with find or grep -rn, or leave pattern and text out to list one directory.", failure);
        }
    }

    private Task<FileSearchResult> SearchAsync(OpenSandbox sandbox, FileSearch search, CancellationToken cancellationToken) => sandbox.Agent.Files.SearchAsync(
        new SearchFilesRequest { Path = search.Path, Pattern = search.Text, Include = search.Pattern, Limit = options.Value.MaxListEntries }, cancellationToken);

    private CallToolResult Describe(OpenSandbox sandbox, FileList directory)
    {
        var all = directory.Files ?? [];
        var (shown, lines) = Show(all.OrderBy(entry => entry.Name, StringComparer.Ordinal).Take(options.Value.MaxListEntries), entry => entry.Name);
        var path = OutputText.Line(directory.Path);
        return Answer(
            sandbox,
            new DirectoryFacts { SandboxId = sandbox.Id, Path = path, Entries = shown, Total = all.Count },
            all.Count is 0 ? $"{path} is empty." : $"{path}: {all.Count} entries (time in UTC, bytes, name).",
            lines,
            all.Count > shown.Count ? $"The first {shown.Count} of {all.Count} entries are shown; a pattern, or run_command with ls or find, shows the others." : null);
    }

    private CallToolResult Describe(OpenSandbox sandbox, string pattern, FileFindResult found)
    {
        var all = found.Files ?? [];
        var (shown, lines) = Show(all, entry => Below(found.Path, entry.Path));
        var path = OutputText.Line(found.Path);
        return Answer(
            sandbox,
            new DirectoryFacts { SandboxId = sandbox.Id, Path = path, Entries = shown, Total = found.Truncated ? null : all.Count },
            all.Count is 0 ? $"Nothing in {path} matches {OutputText.Line(pattern)}." : $"{path}: {all.Count}{(found.Truncated ? " or more" : "")} entries match (time in UTC, bytes, path below it).",
            lines,
            More(shown.Count < all.Count || found.Truncated, shown.Count, "entries", found.TruncatedBy));
    }

    private CallToolResult Describe(OpenSandbox sandbox, FileSearch search, FileSearchResult found)
    {
        var all = found.Matches ?? [];
        var shown = new List<MatchFacts>();
        var lines = new StringBuilder();
        foreach (var match in all)
        {
            var facts = new MatchFacts { Path = OutputText.Line(Below(found.Path, match.Path), MaxName), Line = match.Line, Text = OutputText.Line(match.Text, MaxName) };
            var line = string.Create(CultureInfo.InvariantCulture, $"{facts.Path}:{facts.Line}: {facts.Text}\n");
            if (lines.Length + line.Length > options.Value.OutputBudget)
            {
                break;
            }

            shown.Add(facts);
            lines.Append(line);
        }

        var path = OutputText.Line(found.Path);
        var where = search.Pattern is { } pattern ? $"{path}, files {OutputText.Line(pattern)}" : path;
        return Answer(
            sandbox,
            new DirectoryFacts { SandboxId = sandbox.Id, Path = path, Matches = shown, Total = found.Truncated ? null : all.Count },
            string.Create(
                CultureInfo.InvariantCulture, $"{where}: {(all.Count is 0 ? "no line matches" : $"{all.Count}{(found.Truncated ? " or more" : "")} lines match")}, {found.FilesSearched} files searched."),
            lines.ToString(),
            More(shown.Count < all.Count || found.Truncated, shown.Count, "lines", found.TruncatedBy));
    }

    private (List<EntryFacts> Shown, string Lines) Show(IEnumerable<FileEntry> entries, Func<FileEntry, string> nameOf)
    {
        var shown = new List<EntryFacts>();
        var lines = new StringBuilder();
        foreach (var entry in entries)
        {
            var name = OutputText.Line(nameOf(entry), MaxName);
            if (lines.Length + name.Length > options.Value.OutputBudget)
            {
                break;
            }

            shown.Add(new EntryFacts { Name = name, IsDirectory = entry.IsDirectory, SizeBytes = entry.IsDirectory ? null : entry.Size, Modified = entry.ModifiedTime });
            lines.Append(CultureInfo.InvariantCulture, $"{entry.ModifiedTime.UtcDateTime:yyyy-MM-dd HH:mm} {(entry.IsDirectory ? "dir" : entry.Size.ToString(CultureInfo.InvariantCulture)),10} {name}{(entry.IsDirectory ? "/" : "")}\n");
        }

        return (shown, lines.ToString());
    }

    private static string? More(bool isCut, int shown, string what, string? bound) => !isCut ? null
        : bound is "time" ? $"The search took too long and ended early; {shown} {what} are shown. Search a smaller directory."
        : $"Only {shown} {what} are shown. Narrow path, pattern or text for the others.";

    private static string Below(string directory, string path) =>
        path.Length > directory.Length && path[directory.Length] is '/' && path.StartsWith(directory, StringComparison.Ordinal) ? path[(directory.Length + 1)..] : path;

    private static CallToolResult Answer(OpenSandbox sandbox, DirectoryFacts facts, string said, string lines, string? more)
    {
        var text = new ResultText().Say(said).Say(sandbox.Note).Show(new OutputSection(facts.Matches is null ? "entries" : "matches", lines)).Say(more).Say($"(sandbox {sandbox.Id})");
        return Results.Of(
            text.ToString(), facts with { Note = string.Join(' ', new[] { sandbox.Note, more }.OfType<string>()) is { Length: > 0 } note ? note : null }, ToolJson.Default.DirectoryFacts);
    }
}
