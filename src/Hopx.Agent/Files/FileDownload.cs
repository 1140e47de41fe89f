using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Hopx.Agent;

/// <summary>Sends a file, or the one range of it that is asked for, straight from the file into the connection's own buffers.</summary>
internal sealed class FileDownload(SandboxFileSystem files, FileReader reader)
{
    private const int ChunkBytes = 256 * 1024;

    public async Task SendAsync(HttpContext http)
    {
        var path = files.Locate(http.Request.Query["path"]);
        using var file = reader.Open(path);
        // As long as it is now: what it grows by meanwhile is not part of the answer.
        var size = RandomAccess.GetLength(file);
        var (start, end) = ChooseRange(http, size);
        http.Response.ContentType = "application/octet-stream";
        http.Response.Headers.AcceptRanges = "bytes";
        if (start < 0)
        {
            http.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
            http.Response.ContentLength = 0;
            return;
        }

        http.Response.ContentLength = end - start;
        var output = http.Response.BodyWriter;
        while (start < end)
        {
            var read = RandomAccess.Read(file, Limit(output.GetMemory(ChunkBytes), end - start).Span, start);
            if (read == 0)
            {
                // It has become shorter. The connection is cut, so that nobody takes this for the whole.
                http.Abort();
                return;
            }

            output.Advance(read);
            start += read;
            if ((await output.FlushAsync(http.RequestAborted)).IsCompleted)
            {
                return;
            }
        }
    }

    private static Memory<byte> Limit(Memory<byte> memory, long length) => memory.Length > length ? memory[..(int)length] : memory;

    // More than one range is answered with the whole, as HTTP allows.
    private static (long Start, long End) ChooseRange(HttpContext http, long size)
    {
        var asked = http.Request.Headers.Range.ToString();
        if (asked.Length == 0 || http.Request.Headers.IfRange.Count > 0
            || !RangeHeaderValue.TryParse(asked, out var ranges) || ranges.Unit != "bytes" || ranges.Ranges.Count != 1)
        {
            return (0, size);
        }

        var range = ranges.Ranges.Single();
        var start = range.From ?? Math.Max(0, size - range.To!.Value);
        var end = range.From is null ? size : Math.Min(range.To ?? long.MaxValue - 1, size - 1) + 1;
        if (start >= size || start >= end)
        {
            return (-1, -1);
        }

        http.Response.StatusCode = StatusCodes.Status206PartialContent;
        http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {start}-{end - 1}/{size}");
        return (start, end);
    }
}
