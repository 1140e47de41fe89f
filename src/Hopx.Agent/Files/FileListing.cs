using System.Text.Json;
using Hopx.Client;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Lists a directory, entry by entry into the answer: only the names are held.</summary>
internal sealed class FileListing(SandboxFileSystem files, IOptions<FilesOptions> options)
{
    private const int FlushBytes = 64 * 1024;

    public async Task WriteAsync(HttpContext http)
    {
        var asked = http.Request.Query["path"].ToString();
        var path = asked.Length == 0 ? files.Workdir : files.Locate(asked);
        using var directory = files.OpenDirectory(path, create: path == files.Workdir);
        var names = SandboxFileSystem.ReadNames(directory, path, options.Value.ListLimit + 1);
        if (names.Count > options.Value.ListLimit)
        {
            throw new HopxException(
                HopxErrorCode.PayloadTooLarge, $"{path.Full} holds more than {options.Value.ListLimit} entries. Narrow it with GET /files/find, or with a command such as ls or find.")
            {
                Path = path.Full,
            };
        }

        names.Sort(StringComparer.Ordinal);
        http.Response.ContentType = "application/json; charset=utf-8";
        var output = http.Response.BodyWriter;
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartArray("files");
        var count = 0;
        foreach (var name in names)
        {
            if (Describe(directory, name, path) is { } entry)
            {
                count++;
                JsonSerializer.Serialize(json, entry, HopxJson.Default.FileEntry);
            }

            if (json.BytesPending + json.BytesCommitted > 0 && json.BytesPending > FlushBytes)
            {
                await FlushAsync(http, json);
            }
        }

        json.WriteEndArray();
        json.WriteString("path", path.Full);
        json.WriteNumber("count", count);
        json.WriteString("request_id", http.TraceIdentifier);
        json.WriteEndObject();
        await FlushAsync(http, json);
    }

    /// <summary>What a caller is told of an entry; null when it is gone.</summary>
    public static FileEntry? Describe(SafeFileHandle directory, string name, SandboxPath path) =>
        SandboxFileSystem.GetEntryStatus(directory, name) is { } status
            ? new FileEntry
            {
                Name = name,
                Path = path.Child(name).Full,
                Size = status.Size,
                IsDirectory = status.IsDirectory,
                ModifiedTime = status.Modified,
                Permissions = status.Permissions,
            }
            : null;

    private static async Task FlushAsync(HttpContext http, Utf8JsonWriter json)
    {
        json.Flush();
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
