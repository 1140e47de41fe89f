using System.Buffers;
using System.Text;
using Hopx.Client;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Hopx.Agent;

/// <summary>Takes a multipart upload as it comes in. The path may follow the file, so the file is spooled first and named last.</summary>
internal sealed class FileUpload(SandboxFileSystem files, FileWriter writer, IOptions<FilesOptions> options)
{
    private const int BufferBytes = 256 * 1024;
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
            var reader = new MultipartReader(FindBoundary(http.Request), http.Request.Body, BufferBytes);
            for (var part = 0; await ReadNextAsync(reader, http.RequestAborted) is { } section; part++)
            {
                var disposition = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var parsed) ? parsed : null;
                if (part == MaxParts || disposition is null)
                {
                    throw Malformed(part == MaxParts ? $"it has more than {MaxParts} parts" : "a part has no Content-Disposition");
                }

                var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
                if (name == "file" || disposition.IsFileDisposition())
                {
                    if (spool is not null)
                    {
                        throw Malformed("it holds more than one file; send one upload for each");
                    }

                    fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
                    spool = new PendingFile(spoolDirectory, files.Workdir);
                    await SpoolAsync(section.Body, spool, http.RequestAborted);
                }
                else
                {
                    fields[name] = await ReadFieldAsync(section.Body, http.RequestAborted);
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

    private static async Task SpoolAsync(Stream body, PendingFile spool, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await ReadAsync(body, buffer, cancellationToken) is var read and > 0)
            {
                spool.Write(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<string> ReadFieldAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxFieldBytes + 1];
        var length = 0;
        while (await ReadAsync(body, buffer.AsMemory(length), cancellationToken) is var read and > 0)
        {
            length += read;
            if (length > MaxFieldBytes)
            {
                throw Malformed($"a field is longer than {MaxFieldBytes} bytes");
            }
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static async Task<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException failure) when (failure is not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            throw Malformed("it ends in the middle of a part");
        }
    }

    private static async Task<MultipartSection?> ReadNextAsync(MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException and not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            throw Malformed("its parts cannot be told apart");
        }
    }

    private static string FindBoundary(HttpRequest request)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
            ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString()
            : "";
        return boundary.Length is > 0 and <= 200 ? boundary : throw Malformed("its Content-Type is not multipart/form-data with a boundary");
    }

    private static HopxException Malformed(string why) =>
        new(HopxErrorCode.InvalidRequest, $"The upload cannot be read: {why}. Send multipart/form-data with the parts 'file' and 'path'.");
}
