using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// Unpacks a tar archive as it comes in. Nothing of it can land outside the directory, whatever its names and links say. A directory that was not there appears whole
/// or not at all; in one that was, each file does.
/// </summary>
internal sealed class ArchiveUnpacker(SandboxFileSystem files, IOptions<FilesOptions> options, TimeProvider time)
{
    public async Task<FilesUnpacked> ReceiveAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = options.Value.UploadLimitBytes;
        }

        var path = files.Locate(http.Request.Query["path"]);
        using var existing = files.Find(path);
        if (existing is not null)
        {
            using var directory = SandboxFileSystem.OpenToRead(existing, path);
            return await UnpackAsync(http, directory, path);
        }

        using var parent = files.OpenDirectory(path.Parent, create: true);
        var temporary = TemporaryName.Make();
        var isInPlace = false;
        try
        {
            using var directory = BeneathDirectory.OpenOrMake(parent, temporary, path);
            var unpacked = await UnpackAsync(http, directory, path);
            if (Libc.Rename(parent.Number(), temporary, parent.Number(), path.Name, Libc.RenameNoReplace) != 0)
            {
                throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "make the directory");
            }

            isInPlace = true;
            return unpacked;
        }
        finally
        {
            if (!isInPlace)
            {
                RemoveTemporary(parent, temporary, path);
            }
        }
    }

    private static void RemoveTemporary(SafeFileHandle parent, string temporary, SandboxPath path)
    {
        try
        {
            FileRemover.RemoveDirectory(parent, temporary, path, CancellationToken.None);
        }
        catch (HopxException)
        {
            // The first failure is the one that is reported.
        }
    }

    private async Task<FilesUnpacked> UnpackAsync(HttpContext http, SafeFileHandle directory, SandboxPath path)
    {
        using var target = new UnpackTarget(directory, path, options.Value.UploadLimitBytes);
        await using var source = await OpenAsync(http);
        try
        {
            await using var archive = new TarReader(source, leaveOpen: true);
            while (await archive.GetNextEntryAsync(copyData: false, http.RequestAborted) is { } entry)
            {
                await target.AddAsync(entry, http.RequestAborted);
            }

            // What follows the end is read all the same: a client that cannot send to the end never gets to the answer.
            await source.CopyToAsync(Stream.Null, http.RequestAborted);
        }
        catch (Exception malformed) when (malformed is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or NotSupportedException or OverflowException
            || (malformed is IOException and not BadHttpRequestException && malformed.InnerException is null && !http.RequestAborted.IsCancellationRequested))
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest, $"The archive cannot be read: {malformed.Message} Send a tar archive, packed with gzip or not. {target.Files} files were unpacked before.", malformed);
        }

        return new FilesUnpacked
        {
            Path = path.Full,
            Success = true,
            Message = $"{target.Files} files unpacked: {path.Full}",
            Files = target.Files,
            Directories = target.Directories,
            Links = target.Links,
            Bytes = target.Bytes,
            Skipped = target.Skipped,
            Timestamp = time.GetUtcNow(),
            RequestId = http.TraceIdentifier,
        };
    }

    // By its first bytes, whatever the label says.
    private static async Task<Stream> OpenAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        while (true)
        {
            var start = await reader.ReadAtLeastAsync(2, http.RequestAborted);
            if (start.Buffer.Length >= 2 || start.IsCompleted)
            {
                var isPacked = start.Buffer.Length >= 2 && IsGzip(start.Buffer);
                reader.AdvanceTo(start.Buffer.Start, start.Buffer.End);
                var body = reader.AsStream(leaveOpen: true);
                return isPacked ? new GZipStream(body, CompressionMode.Decompress) : body;
            }
        }
    }

    private static bool IsGzip(System.Buffers.ReadOnlySequence<byte> start)
    {
        Span<byte> magic = stackalloc byte[2];
        System.Buffers.BuffersExtensions.CopyTo(start.Slice(0, 2), magic);
        return magic is [0x1F, 0x8B];
    }
}
