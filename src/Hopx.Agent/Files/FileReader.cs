using System.Text;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Reads and lists.</summary>
internal sealed class FileReader(SandboxFileSystem files, IOptions<FilesOptions> options)
{
    private const int StreamBufferBytes = 0;

    public FileContent Read(string? asked, string? encoding)
    {
        if (encoding is not (null or "" or "utf-8" or "utf8" or "text" or "base64"))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"The encoding '{encoding}' is unknown. Use base64, or leave it out for text.");
        }

        var path = files.Locate(asked);
        var bytes = ReadAll(path);
        if (encoding is "base64")
        {
            return new FileContent { Content = Convert.ToBase64String(bytes), Path = path.Full, Size = bytes.Length, Encoding = "base64" };
        }

        return new FileContent
        {
            Content = Encoding.UTF8.GetString(bytes),
            Path = path.Full,
            Size = bytes.Length,
            IsBinary = System.Text.Unicode.Utf8.IsValid(bytes) ? null : true,
        };
    }

    /// <summary>The file as a stream that the caller disposes.</summary>
    public Stream Open(string? asked)
    {
        var path = files.Locate(asked);
        using var found = files.Find(path) ?? throw FileErrors.NotFound(path.Full);
        return new FileStream(SandboxFileSystem.OpenForReading(found, path), FileAccess.Read, StreamBufferBytes);
    }

    public FileList List(string? asked)
    {
        var path = string.IsNullOrEmpty(asked) ? files.Workdir : files.Locate(asked);
        using var directory = files.OpenDirectory(path, create: path == files.Workdir);
        var entries = new List<FileEntry>();
        foreach (var name in SandboxFileSystem.ReadNames(directory))
        {
            if (entries.Count == options.Value.ListLimit)
            {
                throw new HopxException(
                    HopxErrorCode.PayloadTooLarge, $"{path.Full} holds more than {options.Value.ListLimit} entries. List it with a command such as ls or find, and narrow it.")
                {
                    Path = path.Full,
                };
            }

            if (SandboxFileSystem.GetEntryStatus(directory, name) is { } status)
            {
                entries.Add(new FileEntry
                {
                    Name = name,
                    Path = path.Child(name).Full,
                    Size = status.Size,
                    IsDirectory = status.IsDirectory,
                    ModifiedTime = status.Modified,
                    Permissions = status.Permissions,
                });
            }
        }

        entries.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return new FileList { Files = entries, Path = path.Full, Count = entries.Count };
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

    private byte[] ReadAll(SandboxPath path)
    {
        using var found = files.Find(path) ?? throw FileErrors.NotFound(path.Full);
        using var file = SandboxFileSystem.OpenForReading(found, path);
        var limit = options.Value.ReadLimitBytes;
        var size = RandomAccess.GetLength(file);
        if (size > limit)
        {
            throw new HopxException(
                HopxErrorCode.PayloadTooLarge,
                $"{path.Full} has {size} bytes; /files/read gives at most {limit}. Get it with GET /files/download, or read a part of it with a command such as head.")
            {
                Path = path.Full,
            };
        }

        // The size is only a first guess: files grow while they are read, and those of the kernel say 0.
        var buffer = new byte[Math.Max(size + 1, 4096)];
        var length = 0;
        while (RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and > 0)
        {
            length += read;
            if (length > limit)
            {
                return buffer[..limit];
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(limit + 1L, buffer.Length * 2L));
            }
        }

        return buffer[..length];
    }
}
