using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Hopx.Client;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Reads whole files and parts of them. A file that grows meanwhile is read as long as it was at first.</summary>
internal sealed class FileReader(SandboxFileSystem files, IOptions<FilesOptions> options, TimeProvider time)
{
    private const int ChunkBytes = 128 * 1024;

    private static readonly TimeSpan CountPatience = TimeSpan.FromSeconds(2);

    public FileContent Read(string? asked, string? encoding, FilePart part, CancellationToken cancellationToken)
    {
        if (encoding is not (null or "" or "utf-8" or "utf8" or "text" or "base64"))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"The encoding '{encoding}' is unknown. Use base64, or leave it out for text.");
        }

        var path = files.Locate(asked);
        using var file = Open(path);
        return part switch
        {
            { HasLines: true } => ReadLines(file, path, encoding, part, cancellationToken),
            { HasBytes: true } => ReadRange(file, path, encoding, part),
            _ => Describe(ReadAll(file, path), path, encoding),
        };
    }

    /// <summary>Opens a regular file.</summary>
    public SafeFileHandle Open(SandboxPath path)
    {
        using var found = files.Find(path) ?? throw FileErrors.NotFound(path.Full);
        return SandboxFileSystem.OpenForReading(found, path);
    }

    public FileExists Exists(string? asked)
    {
        var path = files.Locate(asked);
        try
        {
            using var found = files.Find(path);
            return new FileExists { Exists = found is not null, Path = path.Full };
        }
        catch (HopxException failure) when (failure.Code is HopxErrorCode.InvalidPath)
        {
            // A path through a file leads nowhere.
            return new FileExists { Exists = false, Path = path.Full };
        }
    }

    public FileChecksum GetChecksum(string? asked, CancellationToken cancellationToken)
    {
        var path = files.Locate(asked);
        using var file = Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (RandomAccess.Read(file, buffer, size) is var read and > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
                size += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return new FileChecksum { Path = path.Full, Size = size, Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()) };
    }

    /// <summary>The whole file, which must not be larger than one answer may be.</summary>
    public byte[] ReadAll(SafeFileHandle file, SandboxPath path)
    {
        var size = RandomAccess.GetLength(file);
        if (size > options.Value.ReadLimitBytes)
        {
            throw TooLarge(path, size);
        }

        if (size > 0)
        {
            return ReadBytes(file, 0, (int)size);
        }

        // Files of the kernel say 0 and hold something all the same.
        var content = ReadBytes(file, 0, options.Value.ReadLimitBytes + 1);
        return content.Length <= options.Value.ReadLimitBytes ? content : throw TooLarge(path, content.Length);
    }

    private FileContent ReadRange(SafeFileHandle file, SandboxPath path, string? encoding, FilePart part)
    {
        var size = RandomAccess.GetLength(file);
        var start = Math.Min(part.ByteOffset ?? 0, size);
        var length = (int)Math.Min(Math.Min(part.ByteLimit ?? long.MaxValue, size - start), options.Value.ReadLimitBytes);
        var content = ReadBytes(file, start, length);
        return Describe(content, path, encoding) with { ByteOffset = start, FileSize = size, HasMore = start + content.Length < size };
    }

    private FileContent ReadLines(SafeFileHandle file, SandboxPath path, string? encoding, FilePart part, CancellationToken cancellationToken)
    {
        var size = RandomAccess.GetLength(file);
        var window = new LineWindow(Math.Max(part.FirstLine ?? 1, 1), part.LineLimit ?? long.MaxValue, (int)Math.Min(part.MaxBytes ?? int.MaxValue, options.Value.ReadLimitBytes));
        var started = time.GetTimestamp();
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        var isAtEnd = true;
        try
        {
            int read;
            for (var at = 0L; at < size && (read = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(ChunkBytes, size - at)), at)) > 0; at += read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // Who asks for as much as fits also wants to know how much there is, within reason.
                if (window.IsComplete && (part.MaxBytes is null || time.GetElapsedTime(started) > CountPatience))
                {
                    isAtEnd = false;
                    break;
                }

                window.Add(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (window.IsFull && part.MaxBytes is null)
        {
            throw new HopxException(
                HopxErrorCode.PayloadTooLarge,
                $"The lines asked for in {path.Full} have more than the {options.Value.ReadLimitBytes} bytes that /files/read gives. Ask for fewer, for as many as fit (max_bytes), or for a range of bytes.")
            { Path = path.Full };
        }

        var hasMore = window.HasMore || !isAtEnd;
        return Describe(window.Content, path, encoding) with
        {
            StartLine = window.First,
            LineCount = window.Count,
            TotalLines = isAtEnd && (part.MaxBytes is not null || !hasMore) ? window.Total : null,
            IsLineCut = window.IsLineCut ? true : null,
            FileSize = size,
            HasMore = hasMore,
        };
    }

    private static FileContent Describe(ReadOnlySpan<byte> content, SandboxPath path, string? encoding) => encoding is "base64"
        ? new FileContent { Content = Convert.ToBase64String(content), Path = path.Full, Size = content.Length, Encoding = "base64" }
        : new FileContent { Content = Encoding.UTF8.GetString(content), Path = path.Full, Size = content.Length, IsBinary = Utf8.IsValid(content) ? null : true };

    private static byte[] ReadBytes(SafeFileHandle file, long start, int limit)
    {
        var buffer = new byte[Math.Min(limit, Math.Max(ChunkBytes, Math.Min(limit, RandomAccess.GetLength(file) - start)))];
        var length = 0;
        while (length < limit && RandomAccess.Read(file, buffer.AsSpan(length), start + length) is var read and > 0)
        {
            length += read;
            if (length == buffer.Length && length < limit)
            {
                Array.Resize(ref buffer, (int)Math.Min(limit, buffer.Length * 2L));
            }
        }

        return length == buffer.Length ? buffer : buffer[..length];
    }

    private HopxException TooLarge(SandboxPath path, long size) => new(
        HopxErrorCode.PayloadTooLarge,
        $"{path.Full} has {size} bytes; /files/read gives at most {options.Value.ReadLimitBytes}. Get it with GET /files/download, or read a part of it with offset and limit.")
    {
        Path = path.Full,
    };
}
