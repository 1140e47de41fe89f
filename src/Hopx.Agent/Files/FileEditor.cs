using System.Security.Cryptography;
using System.Text;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Replaces text where it stands exactly so, byte for byte. One change of a file at a time, so that none is lost.</summary>
internal sealed class FileEditor(SandboxFileSystem files, FileReader reader, FileWriter writer, FileLocks locks, IOptions<FilesOptions> options)
{
    private const int MaxLinesTold = 5;

    public async Task<FileEdited> EditAsync(EditFileRequest? request, CancellationToken cancellationToken)
    {
        var path = files.Locate(request?.Path);
        if (string.IsNullOrEmpty(request!.OldText))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'old_text' is missing. Send the text that stands in the file now; POST /files/write writes a whole file.");
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

        var found = Convert.ToHexStringLower(SHA256.HashData(content));
        if (request.ExpectedSha256 is { Length: > 0 } expected && !expected.Equals(found, StringComparison.OrdinalIgnoreCase))
        {
            throw Conflict(path, $"{path.Full} has changed: its SHA-256 is {found}, not the expected one. Read it again, then repeat the edit.");
        }

        var places = FindAll(content, oldText);
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
