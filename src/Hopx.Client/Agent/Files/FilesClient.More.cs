using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace Hopx.Client;

/// <summary>What hopx-mcp's own agent adds to the API. Another service answers 404, unless a remark says otherwise.</summary>
public sealed partial class FilesClient
{
    /// <summary>Some lines of a file. A service that does not know of lines sends all, and they are chosen here.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Number of the first line, counted from 1.</param>
    /// <param name="limit">How many lines; all that follow when null.</param>
    public async Task<FileContent> ReadLinesAsync(string path, long offset = 1, long? limit = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, 1);
        var content = await _http.SendAsync(
            HttpMethod.Get,
            QueryString.Append("files/read", ("path", path), ("offset", QueryString.Number(offset)), ("limit", QueryString.Number(limit))),
            HopxJson.Default.FileContent,
            cancellationToken).ConfigureAwait(false);
        return content.StartLine is null ? ChooseLines(content, offset, limit) : content;
    }

    /// <summary>
    /// As many whole lines as fit into a number of bytes; a first line that does not is cut. The lines of the file are counted, as far as there is time.
    /// A service that does not know of lines sends the whole file, without <see cref="FileContent.StartLine"/>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Number of the first line, counted from 1.</param>
    /// <param name="limit">How many lines; all that fit when null.</param>
    /// <param name="maxBytes">Bytes of content at most.</param>
    public Task<FileContent> ReadFittingLinesAsync(string path, long offset, long? limit, int maxBytes, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        return _http.SendAsync(
            HttpMethod.Get,
            QueryString.Append(
                "files/read", ("path", path), ("offset", QueryString.Number(offset)), ("limit", QueryString.Number(limit)), ("max_bytes", QueryString.Number(maxBytes))),
            HopxJson.Default.FileContent,
            cancellationToken);
    }

    /// <summary>Streams a part of a file out; disposing the stream ends the transfer. A service that does not know of ranges sends the whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">First byte, counted from 0; it must be in the file.</param>
    /// <param name="length">Bytes at most.</param>
    public async Task<FileRange> DownloadRangeAsync(string path, long offset, long length, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var response = await _http.OpenAsync(
            QueryString.Append("files/download", ("path", path)), cancellationToken, new RangeHeaderValue(offset, offset + length - 1)).ConfigureAwait(false);
        var range = response.Content.Headers.ContentRange;
        return new FileRange
        {
            Content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false),
            Offset = range?.From ?? 0,
            FileSize = range is null ? response.Content.Headers.ContentLength : range.Length,
        };
    }

    /// <summary>Replaces text where it stands exactly so, once unless all is asked for.</summary>
    public Task<FileEdited> EditAsync(EditFileRequest request, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post, "files/edit", request, HopxJson.Default.EditFileRequest, HopxJson.Default.FileEdited, _options.RequestTimeout, cancellationToken);

    /// <summary>Moves a file or directory.</summary>
    public Task<FileResponse> MoveAsync(string from, string to, bool overwrite = false, CancellationToken cancellationToken = default) =>
        ChangeAsync(HttpMethod.Post, "files/move", () => Move(from, to, overwrite), to, _options.CreateTimeout, cancellationToken);

    /// <summary>Copies a file, or a directory with all that is in it.</summary>
    public Task<FileResponse> CopyAsync(string from, string to, bool overwrite = false, CancellationToken cancellationToken = default) =>
        ChangeAsync(HttpMethod.Post, "files/copy", () => Move(from, to, overwrite), to, _options.CreateTimeout, cancellationToken);

    /// <param name="path">File or directory.</param>
    /// <param name="mode">Octal permissions such as 0644.</param>
    /// <param name="recursive">Whether all that is in a directory gets them too.</param>
    public Task<FileResponse> ChangeModeAsync(string path, string mode, bool recursive = false, CancellationToken cancellationToken = default) => ChangeAsync(
        HttpMethod.Post,
        "files/chmod",
        () => JsonContent.Create(new ChangeModeRequest { Path = path, Mode = mode, Recursive = recursive ? true : null }, HopxJson.Default.ChangeModeRequest),
        path,
        _options.RequestTimeout,
        cancellationToken);

    /// <summary>Finds files by name.</summary>
    /// <param name="pattern">A glob such as <c>*.py</c> for names, or <c>src/**/*.ts</c> for paths.</param>
    /// <param name="path">Directory; the working directory when null.</param>
    /// <param name="limit">The most files to give; 1000 when null.</param>
    /// <param name="exclude">Names to pass over; <c>.git</c> and <c>node_modules</c> when null.</param>
    public Task<FileFindResult> FindAsync(
        string pattern, string? path = null, int? limit = null, IReadOnlyCollection<string>? exclude = null, CancellationToken cancellationToken = default) =>
        _http.SendAsync(
            HttpMethod.Get,
            QueryString.Append(
                "files/find", ("pattern", pattern), ("path", path), ("limit", QueryString.Number(limit)), ("exclude", exclude is null ? null : string.Join(',', exclude))),
            HopxJson.Default.FileFindResult,
            cancellationToken);

    /// <summary>Finds lines in files.</summary>
    public Task<FileSearchResult> SearchAsync(SearchFilesRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _http.SendAsync(
            HttpMethod.Post,
            "files/search",
            request,
            HopxJson.Default.SearchFilesRequest,
            HopxJson.Default.FileSearchResult,
            TimeSpan.FromSeconds(request.Timeout ?? 10) + _options.AnswerGrace,
            cancellationToken);
    }

    public Task<FileChecksum> GetChecksumAsync(string path, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Get, QueryString.Append("files/checksum", ("path", path)), content: null, HopxJson.Default.FileChecksum, _options.CreateTimeout, cancellationToken);

    /// <summary>A directory, or one file, as a gzipped tar archive; disposing the stream ends the transfer.</summary>
    /// <param name="path">Directory; the working directory when null.</param>
    /// <param name="exclude">Names to leave out, such as <c>node_modules</c>.</param>
    public async Task<Stream> DownloadArchiveAsync(string? path = null, IReadOnlyCollection<string>? exclude = null, CancellationToken cancellationToken = default)
    {
        var route = QueryString.Append("files/archive", ("path", path), ("exclude", exclude is null ? null : string.Join(',', exclude)));
        var response = await _http.OpenAsync(route, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Unpacks a tar archive, gzipped or not, into a directory, which is made when it is missing.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="archive">What to send; must be seekable, since a stale token makes a second try necessary.</param>
    public Task<FilesUnpacked> UploadArchiveAsync(string path, Stream archive, CancellationToken cancellationToken = default)
    {
        var start = StartOf(archive);
        return _http.SendAsync(
            HttpMethod.Post, QueryString.Append("files/archive", ("path", path)), MakeContent, HopxJson.Default.FilesUnpacked, _options.CreateTimeout, cancellationToken);

        StreamContent MakeContent()
        {
            archive.Position = start;
            return new StreamContent(new NonClosingStream(archive), TransferBufferBytes) { Headers = { ContentType = new("application/x-tar") } };
        }
    }

    /// <summary>Watches a file or directory, a directory with all that is in it.</summary>
    public async Task<FileWatch> WatchAsync(string path, CancellationToken cancellationToken = default)
    {
        var watch = new FileWatch(await _http.ConnectAsync("files/watch", cancellationToken).ConfigureAwait(false));
        try
        {
            await watch.AddAsync(path, cancellationToken).ConfigureAwait(false);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static JsonContent Move(string from, string to, bool overwrite) =>
        JsonContent.Create(new MoveFileRequest { From = from, To = to, Overwrite = overwrite ? true : null }, HopxJson.Default.MoveFileRequest);

    private static FileContent ChooseLines(FileContent whole, long offset, long? limit)
    {
        var text = whole.Content;
        var start = 0;
        var line = 1L;
        for (; line < offset && text.IndexOf('\n', start) is var end and >= 0; line++)
        {
            start = end + 1;
        }

        start = line < offset ? text.Length : start;
        var stop = start;
        var count = 0L;
        while (stop < text.Length && count < (limit ?? long.MaxValue))
        {
            stop = text.IndexOf('\n', stop) is var end and >= 0 ? end + 1 : text.Length;
            count++;
        }

        var content = text[start..stop];
        return whole with
        {
            Content = content,
            Size = Encoding.UTF8.GetByteCount(content),
            StartLine = offset,
            LineCount = count,
            FileSize = whole.Size,
            HasMore = stop < text.Length,
        };
    }
}
