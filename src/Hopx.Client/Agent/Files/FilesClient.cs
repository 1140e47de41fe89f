using System.Net.Http.Json;

namespace Hopx.Client;

/// <summary>Files of the sandbox. Paths are absolute inside it, or relative to <c>/workspace</c>.</summary>
public sealed partial class FilesClient
{
    private const int TransferBufferBytes = 256 * 1024;

    private readonly AgentHttp _http;
    private readonly HopxClientOptions _options;

    internal FilesClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        _options = options;
    }

    /// <summary>The whole file as text; bytes that are no UTF-8 become replacement characters.</summary>
    public Task<FileContent> ReadAsync(string path, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, QueryString.Append("files/read", ("path", path)), HopxJson.Default.FileContent, cancellationToken);

    /// <summary>The whole file, byte for byte; no more than <see cref="HopxClientOptions.MaxAnswerBytes"/>.</summary>
    public async Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellationToken = default)
    {
        // Not the route that reads text: not every service can be asked for base64 there, and one that ignores the wish would go unnoticed.
        var source = await DownloadAsync(path, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            using var content = new MemoryStream();
            var buffer = new byte[80 * 1024];
            int read;
            while ((read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (content.Length + read > _options.MaxAnswerBytes)
                {
                    throw new HopxException(
                        HopxErrorCode.PayloadTooLarge, $"The file '{path}' is larger than {_options.MaxAnswerBytes} bytes. Download it as a stream.")
                    { Path = path };
                }

                content.Write(buffer, 0, read);
            }

            return content.ToArray();
        }
    }

    /// <summary>Writes text; parents are created, an old file is replaced whole.</summary>
    public Task<FileResponse> WriteAsync(string path, string content, CancellationToken cancellationToken = default) =>
        WriteAsync(new WriteFileRequest { Path = path, Content = content }, cancellationToken);

    /// <summary>Writes bytes; parents are created, an old file is replaced whole.</summary>
    public Task<FileResponse> WriteBytesAsync(string path, byte[] content, CancellationToken cancellationToken = default) =>
        WriteAsync(new WriteFileRequest { Path = path, Content = Convert.ToBase64String(content), Encoding = "base64" }, cancellationToken);

    public Task<FileResponse> WriteAsync(WriteFileRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ChangeAsync(
            HttpMethod.Post, "files/write", () => JsonContent.Create(request, HopxJson.Default.WriteFileRequest), request.Path, _options.RequestTimeout, cancellationToken);
    }

    /// <param name="path">Directory; <c>/workspace</c> when null.</param>
    public Task<FileList> ListAsync(string? path = null, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, QueryString.Append("files/list", ("path", path)), HopxJson.Default.FileList, cancellationToken);

    public async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken = default) =>
        (await _http.SendAsync(HttpMethod.Get, QueryString.Append("files/exists", ("path", path)), HopxJson.Default.FileExists, cancellationToken).ConfigureAwait(false)).Exists;

    /// <summary>Makes a directory and its parents; one that is there already is fine.</summary>
    public Task<FileResponse> MakeDirectoryAsync(string path, CancellationToken cancellationToken = default) =>
        ChangeAsync(
            HttpMethod.Post,
            "files/mkdir",
            () => JsonContent.Create(new FilePathRequest { Path = path }, HopxJson.Default.FilePathRequest),
            path,
            _options.RequestTimeout,
            cancellationToken);

    /// <summary>Removes a file, or a directory with all that is in it.</summary>
    public Task<FileResponse> RemoveAsync(string path, CancellationToken cancellationToken = default) =>
        ChangeAsync(HttpMethod.Delete, QueryString.Append("files/remove", ("path", path)), content: null, path, _options.RequestTimeout, cancellationToken);

    /// <summary>Streams a file in.</summary>
    /// <param name="path">Its full name in the sandbox.</param>
    /// <param name="content">What to send; must be seekable, since a stale token makes a second try necessary.</param>
    public Task<FileResponse> UploadAsync(string path, Stream content, CancellationToken cancellationToken = default)
    {
        var start = StartOf(content);
        return ChangeAsync(HttpMethod.Post, "files/upload", MakeContent, path, _options.CreateTimeout, cancellationToken);

        MultipartFormDataContent MakeContent()
        {
            content.Position = start;
            return new MultipartFormDataContent
            {
                { new StringContent(path), "path" },
                // The caller's stream outlives the request.
                { new StreamContent(new NonClosingStream(content), TransferBufferBytes), "file", PlainName(path) },
            };
        }
    }

    /// <summary>Streams a file out; disposing the stream ends the transfer.</summary>
    public async Task<Stream> DownloadAsync(string path, CancellationToken cancellationToken = default)
    {
        var response = await _http.OpenAsync(QueryString.Append("files/download", ("path", path)), cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    private static long StartOf(Stream content)
    {
        ArgumentNullException.ThrowIfNull(content);
        return content.CanSeek
            ? content.Position
            : throw new ArgumentException("The stream must be seekable: a stale token makes a second try necessary.", nameof(content));
    }

    private async Task<FileResponse> ChangeAsync(
        HttpMethod method, string route, Func<HttpContent>? content, string? path, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answer = await _http.SendAsync(
            method, route, content, HopxJson.Default.FileResponse, timeout, cancellationToken, () => new FileResponse()).ConfigureAwait(false);
        return answer.Path.Length > 0 ? answer : answer with { Path = path };
    }

    // The field "path" names the file. This name only stands beside it, in a header that does not take every character.
    private static string PlainName(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_') ? name : "file";
    }
}
