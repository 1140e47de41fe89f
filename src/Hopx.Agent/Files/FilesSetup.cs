using System.Text;
using Hopx.Client;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class FilesSetup
{
    public static IServiceCollection AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<FilesOptions>, FilesOptionsValidator>();
        services.AddOptions<FilesOptions>().BindConfiguration("Files")
            .Validate(files => files.Roots.Split(':').All(root => root.StartsWith('/') && root.Length > 1), "Files:Roots must be absolute paths other than /, separated by colons.")
            .ValidateOnStart();
        services.AddSingleton<SandboxFileSystem>();
        services.AddSingleton<FileWriter>();
        services.AddSingleton<FileRemover>();
        services.AddSingleton<FileUpload>();
        services.AddSingleton<FileReader>();
        services.AddSingleton<FileListing>();
        services.AddSingleton<FileDownload>();
        services.AddSingleton<FileLocks>();
        services.AddSingleton<FileEditor>();
        services.AddSingleton<FileMover>();
        services.AddSingleton<FileModes>();
        services.AddSingleton<NameSearch>();
        services.AddSingleton<ContentSearch>();
        services.AddSingleton<ArchivePacker>();
        services.AddSingleton<ArchiveUnpacker>();
        services.AddWatch();
        return services;
    }

    public static void MapFiles(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/files");
        group.MapGet("/read", (HttpContext http, FileReader reader) => TypedResults.Json(
            reader.Read(http.Request.Query["path"], http.Request.Query["encoding"], FilePart.From(http.Request.Query), http.RequestAborted) with { RequestId = http.TraceIdentifier },
            HopxJson.Default.FileContent));
        group.MapGet("/download", (HttpContext http, FileDownload download) => download.SendAsync(http));
        group.MapGet("/list", (HttpContext http, FileListing listing) => listing.WriteAsync(http));
        group.MapGet("/exists", (HttpContext http, FileReader reader) => TypedResults.Json(
            reader.Exists(http.Request.Query["path"]) with { RequestId = http.TraceIdentifier }, HopxJson.Default.FileExists));
        group.MapPost("/write", WriteAsync);
        group.MapPost("/mkdir", MakeDirectoryAsync);
        group.MapDelete("/remove", RemoveAsync);
        group.MapPost("/upload", UploadAsync);
        MapAdditions(group);
        routes.MapWatch();
    }

    // What agents need and the API lacks.
    private static void MapAdditions(RouteGroupBuilder group)
    {
        group.MapPost("/move", async (HttpContext http, FileMover mover, TimeProvider time) =>
        {
            var request = await RequestBody.ReadAsync(http, HopxJson.Default.MoveFileRequest);
            return Answer(http, time, "Moved", mover.Move(request?.From, request?.To, request?.Overwrite ?? false, http.RequestAborted));
        });
        group.MapPost("/copy", async (HttpContext http, FileMover mover, TimeProvider time) =>
        {
            var request = await RequestBody.ReadAsync(http, HopxJson.Default.MoveFileRequest);
            return Answer(http, time, "Copied", mover.Copy(request?.From, request?.To, request?.Overwrite ?? false, http.RequestAborted));
        });
        group.MapPost("/chmod", async (HttpContext http, FileModes modes, TimeProvider time) => Answer(
            http, time, "Mode set", modes.Change(await RequestBody.ReadAsync(http, HopxJson.Default.ChangeModeRequest), http.RequestAborted)));
        group.MapPost("/edit", async (HttpContext http, FileEditor editor, TimeProvider time) => TypedResults.Json(
            await editor.EditAsync(await RequestBody.ReadAsync(http, HopxJson.Default.EditFileRequest), http.RequestAborted) with
            {
                Timestamp = time.GetUtcNow(),
                RequestId = http.TraceIdentifier,
            },
            HopxJson.Default.FileEdited));
        group.MapGet("/checksum", (HttpContext http, FileReader reader) => TypedResults.Json(
            reader.GetChecksum(http.Request.Query["path"], http.RequestAborted) with { RequestId = http.TraceIdentifier }, HopxJson.Default.FileChecksum));
        group.MapGet("/find", (HttpContext http, NameSearch search) => TypedResults.Json(
            search.Find(http.Request.Query, http.RequestAborted) with { RequestId = http.TraceIdentifier }, HopxJson.Default.FileFindResult));
        group.MapGet("/search", (HttpContext http, ContentSearch search) => Search(http, search, SearchQuery.From(http.Request.Query)));
        group.MapPost("/search", async (HttpContext http, ContentSearch search) =>
            Search(http, search, await RequestBody.ReadAsync(http, HopxJson.Default.SearchFilesRequest) ?? new SearchFilesRequest()));
        group.MapGet("/archive", (HttpContext http, ArchivePacker packer) => packer.SendAsync(http));
        group.MapPost("/archive", async (HttpContext http, ArchiveUnpacker unpacker) => TypedResults.Json(await unpacker.ReceiveAsync(http), HopxJson.Default.FilesUnpacked));
    }

    private static JsonHttpResult<FileSearchResult> Search(HttpContext http, ContentSearch search, SearchFilesRequest request) => TypedResults.Json(
        search.Search(request, http.RequestAborted) with { RequestId = http.TraceIdentifier }, HopxJson.Default.FileSearchResult);

    private static async Task<JsonHttpResult<FileResponse>> WriteAsync(HttpContext http, SandboxFileSystem files, FileWriter writer, FileLocks locks, TimeProvider time)
    {
        var request = await RequestBody.ReadAsync(http, HopxJson.Default.WriteFileRequest);
        var path = files.Locate(request?.Path);
        var content = Decode(
            request!.Content ?? throw new HopxException(HopxErrorCode.MissingParameter, "'content' is missing. Send the text of the file, or \"\" for an empty one."),
            request.Encoding);
        using var held = await locks.AcquireAsync(files.WhereIs(path), http.RequestAborted);
        var written = writer.Write(path, content, request.Mode, request.Overwrite ?? true);
        return Answer(http, time, "File written", written, content.Length);
    }

    private static async Task<JsonHttpResult<FileResponse>> MakeDirectoryAsync(HttpContext http, SandboxFileSystem files, TimeProvider time)
    {
        var request = await RequestBody.ReadAsync(http, HopxJson.Default.FilePathRequest);
        var path = files.Locate(request?.Path);
        files.OpenDirectory(path, create: true).Dispose();
        return Answer(http, time, "Directory is there", path);
    }

    private static async Task<JsonHttpResult<FileResponse>> RemoveAsync(HttpContext http, SandboxFileSystem files, FileRemover remover, TimeProvider time)
    {
        var asked = http.Request.Query["path"].ToString() is { Length: > 0 } query
            ? query
            : (await RequestBody.ReadAsync(http, HopxJson.Default.FilePathRequest))?.Path;
        var path = files.Locate(asked);
        remover.Remove(path, http.RequestAborted);
        return Answer(http, time, "Removed", path);
    }

    private static async Task<JsonHttpResult<FileResponse>> UploadAsync(HttpContext http, FileUpload upload, TimeProvider time)
    {
        var (path, size) = await upload.ReceiveAsync(http);
        return Answer(http, time, "File uploaded", path, size);
    }

    private static byte[] Decode(string content, string? encoding)
    {
        switch (encoding?.ToLowerInvariant())
        {
            case null or "" or "utf-8" or "utf8" or "text":
                return Encoding.UTF8.GetBytes(content);
            case "base64":
                try
                {
                    return Convert.FromBase64String(content);
                }
                catch (FormatException malformed)
                {
                    throw new HopxException(HopxErrorCode.InvalidRequest, "'content' is no base64, though 'encoding' says so. Encode it, or leave 'encoding' out.", malformed);
                }

            default:
                throw new HopxException(HopxErrorCode.InvalidRequest, $"The encoding '{encoding}' is unknown. Use base64, or leave it out for text.");
        }
    }

    private static JsonHttpResult<FileResponse> Answer(HttpContext http, TimeProvider time, string message, SandboxPath path, long? size = null) => TypedResults.Json(
        new FileResponse { Message = $"{message}: {path.Full}", Path = path.Full, Size = size, Timestamp = time.GetUtcNow(), RequestId = http.TraceIdentifier },
        HopxJson.Default.FileResponse);
}
