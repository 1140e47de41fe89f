using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Replaces text where it stands exactly so, byte for byte. One change of a file at a time, so that none is lost.</summary>
internal sealed class FileEditor(SandboxFileSystem files, FileReader reader, FileWriter writer, FileLocks locks, IOptions<FilesOptions> options)
{
    private const int MaxLinesTold = 5;
    private const int MaxContext = 20;
    private const int MaxSnippetBytes = 8 * 1024;

    public async Task<FileEdited> EditAsync(EditFileRequest? request, CancellationToken cancellationToken)
    {
        var path = files.Locate(request?.Path);
        if (string.IsNullOrEmpty(request!.OldText))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'old_text' is missing. Send the text that stands in the file now; POST /files/write writes a whole file.");
        }

        if (request.Context is < 0 or > MaxContext)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'context' is {request.Context}; it must be from 0 to {MaxContext} lines.");
        }

        var oldText = Encoding.UTF8.GetBytes(request.OldText);
        var newText = Encoding.UTF8.GetBytes(request.NewText ?? "");
        if (oldText.AsSpan().SequenceEqual(newText))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "'old_text' and 'new_text' are the same, so nothing would change.");
        }

        using var held = await locks.AcquireAsync(files.WhereIs(path), cancellationToken);
        return Edit(path, request, oldText, newText);
    }

    private FileEdited Edit(SandboxPath path, EditFileRequest request, byte[] oldText, byte[] newText)
    {
        byte[] content;
        using (var file = reader.Open(path))
        {
            content = reader.ReadAll(file, path);
        }

        if (request.TextOnly is true && (content.AsSpan().Contains((byte)0) || !Utf8.IsValid(content)))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{path.Full} is not UTF-8 text ({content.Length} bytes), so it cannot be edited as such. Change it with code.") { Path = path.Full };
        }

        var found = Convert.ToHexStringLower(SHA256.HashData(content));
        if (request.ExpectedSha256 is { Length: > 0 } expected && !expected.Equals(found, StringComparison.OrdinalIgnoreCase))
        {
            throw Conflict(path, $"{path.Full} has changed: its SHA-256 is {found}, not the expected one. Read it again, then repeat the edit.");
        }

        var places = FindAll(content, oldText);
        if (places.Count == 0 && request.AdaptLineEnds is true && request.OldText!.Contains('\n', StringComparison.Ordinal))
        {
            (oldText, newText) = (WithReturns(request.OldText), WithReturns(request.NewText ?? ""));
            places = FindAll(content, oldText);
        }

        if (places.Count == 0)
        {
            throw Conflict(path, $"'old_text' does not stand in {path.Full}.{Hint(content, oldText)} Read the file and copy the text exactly as it is.");
        }

        if (places.Count > 1 && request.ReplaceAll is not true)
        {
            var lines = string.Join(", ", places.Take(MaxLinesTold).Select(place => LineOf(content, place)));
            throw Conflict(
                path,
                $"'old_text' stands {places.Count} times in {path.Full} (lines {lines}{(places.Count > MaxLinesTold ? ", …" : "")}). Add surrounding lines until it is unique, or set replace_all.");
        }

        if (content.Length + (places.Count * (long)(newText.Length - oldText.Length)) > options.Value.ReadLimitBytes)
        {
            throw new HopxException(
                HopxErrorCode.PayloadTooLarge, $"{path.Full} would have more than {options.Value.ReadLimitBytes} bytes after {places.Count} replacements. Use a command such as sed.")
            { Path = path.Full };
        }

        var changed = Replace(content, places, oldText.Length, newText);
        var written = writer.Write(path, changed, mode: null, overwrite: true);
        return new FileEdited
        {
            Path = written.Full,
            Success = true,
            Message = $"{places.Count} {(places.Count == 1 ? "replacement" : "replacements")} in {written.Full}",
            Replacements = places.Count,
            FirstLine = LineOf(content, places[0]),
            Snippet = request.Context is { } context ? Around(changed, places[0], newText.Length, context) : null,
            Size = changed.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(changed)),
        };
    }

    private static List<int> FindAll(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text)
    {
        var places = new List<int>();
        for (var start = 0; content[start..].IndexOf(text) is var next and >= 0; start += next + text.Length)
        {
            places.Add(start + next);
        }

        return places;
    }

    private static byte[] Replace(ReadOnlySpan<byte> content, List<int> places, int oldLength, ReadOnlySpan<byte> newText)
    {
        var changed = new byte[content.Length + (places.Count * (newText.Length - oldLength))];
        var target = changed.AsSpan();
        var start = 0;
        foreach (var place in places)
        {
            content[start..place].CopyTo(target);
            newText.CopyTo(target[(place - start)..]);
            target = target[(place - start + newText.Length)..];
            start = place + oldLength;
        }

        content[start..].CopyTo(target);
        return changed;
    }

    private static byte[] WithReturns(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));

    // Whole lines, unless they are very long.
    private static string Around(ReadOnlySpan<byte> content, int place, int length, int context)
    {
        var start = place;
        for (var lines = 0; start > 0 && lines <= context; lines++)
        {
            start = content[..(start - (lines > 0 ? 1 : 0))].LastIndexOf((byte)'\n') + 1;
        }

        var end = place + length;
        for (var lines = 0; end < content.Length && lines <= context; lines++)
        {
            end += content[end..].IndexOf((byte)'\n') is var next and >= 0 ? next + 1 : content.Length - end;
        }

        start = Math.Max(start, place - MaxSnippetBytes);
        return Encoding.UTF8.GetString(content[start..Math.Min(end, start + (2 * MaxSnippetBytes))]);
    }

    private static long LineOf(ReadOnlySpan<byte> content, int place) => content[..place].Count((byte)'\n') + 1L;

    // The two mistakes that are made most often.
    private static string Hint(ReadOnlySpan<byte> content, byte[] oldText)
    {
        var text = Encoding.UTF8.GetString(oldText);
        return oldText.AsSpan().IndexOf("\r"u8) < 0 && content.IndexOf(Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal))) >= 0
            ? " The file's lines end with \\r\\n."
            : text.Trim() is { Length: > 0 } trimmed && trimmed != text && content.IndexOf(Encoding.UTF8.GetBytes(trimmed)) >= 0
            ? " It does with other white space around it."
            : "";
    }

    private static HopxException Conflict(SandboxPath path, string message) => new(HopxErrorCode.Conflict, message) { Path = path.Full };
}
