namespace Hopx.Client;

/// <summary>Files of the sandbox. Paths are absolute inside it, or relative to <c>/workspace</c>.</summary>
public sealed class FilesClient
{
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

    /// <summary>The whole file, byte for byte.</summary>
    public async Task<byte[]> ReadBytesAsync(string path, CancellationToken cancellationToken = default)
    {
        var file = await _http.SendAsync(
            HttpMethod.Get, QueryString.Append("files/read", ("path", path), ("encoding", "base64")), HopxJson.Default.FileContent, cancellationToken).ConfigureAwait(false);
        return Convert.FromBase64String(file.Content);
    }

    /// <summary>Writes text; parents are created, an old file is replaced whole.</summary>
    public Task<FileResponse> WriteAsync(string path, string content, CancellationToken cancellationToken = default) =>
        WriteAsync(new WriteFileRequest { Path = path, Content = content }, cancellationToken);

    /// <summary>Writes bytes; parents are created, an old file is replaced whole.</summary>
    public Task<FileResponse> WriteBytesAsync(string path, byte[] content, CancellationToken cancellationToken = default) =>
        WriteAsync(new WriteFileRequest { Path = path, Content = Convert.ToBase64String(content), Encoding = "base64" }, cancellationToken);

    public Task<FileResponse> WriteAsync(WriteFileRequest request, CancellationToken cancellationToken = default) =>
        _http.SendAsync(
            HttpMethod.Post, "files/write", request, HopxJson.Default.WriteFileRequest, HopxJson.Default.FileResponse, _options.RequestTimeout, cancellationToken);

    /// <param name="path">Directory; <c>/workspace</c> when null.</param>
    public Task<FileList> ListAsync(string? path = null, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, QueryString.Append("files/list", ("path", path)), HopxJson.Default.FileList, cancellationToken);

    public async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken = default) =>
        (await _http.SendAsync(HttpMethod.Get, QueryString.Append("files/exists", ("path", path)), HopxJson.Default.FileExists, cancellationToken).ConfigureAwait(false)).Exists;

    public Task<FileResponse> MakeDirectoryAsync(string path, CancellationToken cancellationToken = default) =>
        _http.SendAsync(
            HttpMethod.Post,
            "files/mkdir",
            new FilePathRequest { Path = path },
            HopxJson.Default.FilePathRequest,
            HopxJson.Default.FileResponse,
            _options.RequestTimeout,
            cancellationToken);

    /// <summary>Removes a file, or a directory with all that is in it.</summary>
    public Task<FileResponse> RemoveAsync(string path, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Delete, QueryString.Append("files/remove", ("path", path)), HopxJson.Default.FileResponse, cancellationToken);

    /// <summary>Streams a file in.</summary>
    /// <param name="path">Its full name in the sandbox.</param>
    /// <param name="content">What to send; must be seekable, since a stale token makes a second try necessary.</param>
    public Task<FileResponse> UploadAsync(string path, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var start = content.Position;
        return _http.SendAsync(HttpMethod.Post, "files/upload", MakeContent, HopxJson.Default.FileResponse, _options.CreateTimeout, cancellationToken);

        MultipartFormDataContent MakeContent()
        {
            content.Position = start;
            return new MultipartFormDataContent
            {
                { new StringContent(path), "path" },
                // The caller's stream outlives the request.
                { new StreamContent(new NonClosingStream(content)), "file", path[(path.LastIndexOf('/') + 1)..] is { Length: > 0 } name ? name : "file" },
            };
        }
    }

    /// <summary>Streams a file out; disposing the stream ends the transfer.</summary>
    public async Task<Stream> DownloadAsync(string path, CancellationToken cancellationToken = default)
    {
        var response = await _http.OpenAsync(QueryString.Append("files/download", ("path", path)), cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }
}
