using System.IO.Enumeration;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Hopx.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hopx.Testing;

/// <summary>What hopx-mcp's own agent adds to the file routes, as far as the tools use it.</summary>
internal static class FakeFileAdditions
{
    public static void Map(RouteGroupBuilder routes, FakeHopxCloud cloud, FakeFiles files)
    {
        routes.MapPost("/edit", (EditFileRequest request) =>
        {
            Require(cloud);
            return TypedResults.Ok(Edit(files, FakeFiles.Resolve(request.Path), request));
        });
        routes.MapGet("/find", (string? path, string? pattern, int? limit) =>
        {
            Require(cloud);
            var directory = FakeFiles.Resolve(path ?? "/workspace");
            var found = Below(files, directory).Where(file => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(file.Key), ignoreCase: false)).ToList();
            return TypedResults.Ok(new FileFindResult
            {
                Path = directory,
                Files = [.. found.Take(limit ?? 1000).Select(file => new FileEntry { Name = Path.GetFileName(file.Key), Path = file.Key, Size = file.Value.Content?.Length ?? 0, IsDirectory = file.Value.IsDirectory, ModifiedTime = file.Value.Modified })],
                Truncated = found.Count > limit,
                TruncatedBy = found.Count > limit ? "limit" : null,
            });
        });
        routes.MapPost("/search", (SearchFilesRequest request) =>
        {
            Require(cloud);
            var directory = FakeFiles.Resolve(request.Path ?? "/workspace");
            var searched = Below(files, directory)
                .Where(file => !file.Value.IsDirectory && FileSystemName.MatchesSimpleExpression(request.Include ?? "*", Path.GetFileName(file.Key), ignoreCase: false))
                .ToList();
            List<FileMatch> matches =
            [
                .. searched.SelectMany(file => files.ReadText(file.Key).Split('\n')
                    .Select((line, index) => new FileMatch { Path = file.Key, Line = index + 1, Column = 1, Text = line }))
                    .Where(match => Regex.IsMatch(match.Text, request.Pattern!)),
            ];
            return TypedResults.Ok(new FileSearchResult { Path = directory, Matches = matches, Count = matches.Count, FilesSearched = searched.Count });
        });
    }

    public static FileContent ReadLines(FakeFiles files, string path, long offset, long limit, int maxBytes)
    {
        var text = files.ReadText(path);
        var lines = text.Length is 0 ? [] : text.TrimEnd('\n').Split('\n').Select(line => line + "\n").ToList();
        lines = text.EndsWith('\n') || text.Length is 0 ? lines : [.. lines[..^1], lines[^1].TrimEnd('\n')];
        var kept = new StringBuilder();
        var count = 0L;
        var isCut = false;
        foreach (var line in lines.Skip((int)offset - 1).TakeWhile(_ => count < limit && !isCut))
        {
            if (Encoding.UTF8.GetByteCount(kept + line) > maxBytes)
            {
                if (count is 0)
                {
                    (isCut, count) = (true, 1);
                    kept.Append(line.AsSpan(0, maxBytes));
                }

                break;
            }

            kept.Append(line);
            count++;
        }

        return new FileContent
        {
            Path = path,
            Content = kept.ToString(),
            Size = kept.Length,
            FileSize = files.Read(path).Length,
            StartLine = offset,
            LineCount = count,
            TotalLines = lines.Count,
            IsLineCut = isCut ? true : null,
            IsBinary = kept.ToString().Contains('\ufffd', StringComparison.Ordinal) ? true : null,
            HasMore = offset - 1 + count < lines.Count,
        };
    }

    private static FileEdited Edit(FakeFiles files, string path, EditFileRequest request)
    {
        if (request.TextOnly is true && !Utf8.IsValid(files.Read(path).Span))
        {
            throw new FakeErrorException(HopxErrorCode.InvalidRequest, $"{path} is not UTF-8 text", path);
        }

        var before = files.ReadText(path);
        var (old, replacement) = (request.OldText!, request.NewText ?? "");
        if (request.AdaptLineEnds is true && !before.Contains(old, StringComparison.Ordinal))
        {
            (old, replacement) = (old.ReplaceLineEndings("\r\n"), replacement.ReplaceLineEndings("\r\n"));
        }

        var parts = before.Split(old);
        if (parts.Length < 2 || (parts.Length > 2 && request.ReplaceAll is not true))
        {
            throw new FakeErrorException(HopxErrorCode.Conflict, $"'old_text' stands {parts.Length - 1} times in {path}", path);
        }

        var after = string.Join(replacement, parts);
        files.Write(path, after);
        return new FileEdited
        {
            Path = path,
            Success = true,
            Replacements = parts.Length - 1,
            FirstLine = parts[0].Count(symbol => symbol is '\n') + 1,
            Size = files.Read(path).Length,
            Snippet = request.Context is null ? null : after,
        };
    }

    private static IEnumerable<KeyValuePair<string, FakeFile>> Below(FakeFiles files, string directory) =>
        files.All.Where(file => file.Key.StartsWith(directory + "/", StringComparison.Ordinal)).OrderBy(file => file.Key, StringComparer.Ordinal);

    private static void Require(FakeHopxCloud cloud)
    {
        if (!cloud.HasFileAdditions)
        {
            throw new FakeErrorException(HopxErrorCode.ResourceNotFound, "Unknown endpoint");
        }
    }
}
