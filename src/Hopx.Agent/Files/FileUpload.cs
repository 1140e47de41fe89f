using System.Buffers;
using System.Text;
using Hopx.Client;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Hopx.Agent;

/// <summary>Takes a multipart upload as it comes in. The path may follow the file, so the file is spooled first and named last.</summary>
internal sealed class FileUpload(SandboxFileSystem files, FileWriter writer, IOptions<FilesOptions> options)
{
    private const int MaxFieldBytes = 8 * 1024;
    private const int MaxParts = 16;

    /// <returns>Where the file was put, and its size.</returns>
    public async Task<(SandboxPath Path, long Size)> ReceiveAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.Value.UploadLimitBytes;
        }

        var fields = new Dictionary<string, string>();
        if (http.Request.Query["path"].ToString() is { Length: > 0 } queryPath)
        {
            fields["path"] = queryPath;
        }

        using var spoolDirectory = files.OpenDirectory(files.Workdir, create: true);
        PendingFile? spool = null;
        try
        {
            string? fileName = null;
            var body = new MultipartBody(http.Request.BodyReader, FindBoundary(http.Request));
            for (var part = 0; await body.NextAsync(http.RequestAborted) is { } headers; part++)
            {
                var disposition = ContentDispositionHeaderValue.TryParse(headers.GetValueOrDefault("content-disposition"), out var parsed) ? parsed : null;
                if (part == MaxParts || disposition is null)
                {
                    throw MultipartBody.Malformed(part == MaxParts ? $"it has more than {MaxParts} parts" : "a part has no Content-Disposition");
                }

                var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
                if (name == "file" || disposition.IsFileDisposition())
                {
                    if (spool is not null)
                    {
                        throw MultipartBody.Malformed("it holds more than one file; send one upload for each");
                    }

                    fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
                    spool = new PendingFile(spoolDirectory, files.Workdir);
                    await SpoolAsync(body, spool, http.RequestAborted);
                }
                else
                {
                    fields[name] = await ReadFieldAsync(body, http.RequestAborted);
                }
            }

            if (spool is null)
            {
                throw new HopxException(HopxErrorCode.MissingParameter, "The part 'file' is missing. Send multipart/form-data with the parts 'file' and 'path'.");
            }

            var path = ChoosePath(fields.GetValueOrDefault("path"), fileName);
            return (Place(spool, path, fields.GetValueOrDefault("mode"), http.RequestAborted), spool.Length);
        }
        finally
        {
            spool?.Dispose();
        }
    }

    private SandboxPath Place(PendingFile spool, SandboxPath path, string? mode, CancellationToken cancellationToken)
    {
        using var target = writer.OpenTarget(path, overwrite: true);
        var permissions = FilePermissions.Choose(mode, target.Replaced);
        if (!writer.TryPutInPlace(spool, target, permissions, overwrite: true))
        {
            using var copy = new PendingFile(target.Directory, target.Path);
            spool.CopyTo(copy, cancellationToken);
            _ = writer.TryPutInPlace(copy, target, permissions, overwrite: true);
        }

        return target.Path;
    }

    private SandboxPath ChoosePath(string? asked, string? fileName)
    {
        var path = files.Locate(asked);
        using var existing = files.Find(path);
        var isDirectory = asked!.EndsWith('/') || (existing is not null && SandboxFileSystem.GetStatus(existing, path).IsDirectory);
        if (!isDirectory)
        {
            return path;
        }

        var name = fileName?[(fileName.LastIndexOfAny(['/', '\\']) + 1)..];
        return name is null or "" or "." or ".."
            ? throw new HopxException(HopxErrorCode.InvalidPath, $"{asked} is a directory and the upload has no file name. Give the full name in 'path'.") { Path = path.Full }
            : files.Locate(path.Child(name).Full);
    }

    private static Task SpoolAsync(MultipartBody body, PendingFile spool, CancellationToken cancellationToken) => body.ReadAsync(
        content =>
        {
            foreach (var block in content)
            {
                spool.Write(block.Span);
            }
        },
        cancellationToken);

    private static async Task<string> ReadFieldAsync(MultipartBody body, CancellationToken cancellationToken)
    {
        var field = new ArrayBufferWriter<byte>();
        await body.ReadAsync(
            content =>
            {
                if (field.WrittenCount + content.Length > MaxFieldBytes)
                {
                    throw MultipartBody.Malformed($"a field is longer than {MaxFieldBytes} bytes");
                }

                foreach (var block in content)
                {
                    field.Write(block.Span);
                }
            },
            cancellationToken);
        return Encoding.UTF8.GetString(field.WrittenSpan);
    }

    private static string FindBoundary(HttpRequest request)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString()
            : "";
        return boundary.Length is > 0 and <= 200 ? boundary : throw MultipartBody.Malformed("its Content-Type is not multipart/form-data with a boundary");
    }
}
