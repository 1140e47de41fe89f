using System.Globalization;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Answers which part of a job's output somebody asked for.</summary>
internal static class JobOutputReader
{
    private const int DefaultLimit = 64 * 1024;
    private const int MaxLimit = 4 * 1024 * 1024;

    /// <summary>Reads by the query of <c>GET /jobs/{id}/output</c>.</summary>
    public static JobOutputPart Read(Job job, IQueryCollection query)
    {
        var source = query["stream"].ToString().ToLowerInvariant() switch
        {
            "" or "both" or "all" => JobOutputSource.Both,
            "stdout" => JobOutputSource.Stdout,
            "stderr" => JobOutputSource.Stderr,
            var other => throw Refused($"The stream '{Shorten(other)}' is unknown. Use stdout, stderr or both."),
        };
        var isBinary = query["encoding"].ToString().ToLowerInvariant() switch
        {
            "" or "utf-8" or "utf8" or "text" => false,
            "base64" => true,
            var other => throw Refused($"The encoding '{Shorten(other)}' is unknown. Use base64, or leave it out for text."),
        };
        var limit = (int)Math.Clamp(Number(query, "limit") ?? DefaultLimit, 1, MaxLimit);

        // Asked first: what is written while we read is for the next call.
        var hasEnded = job.Status.HasEnded;
        var total = job.Output.LengthOf(source);
        return Number(query, "tail") is { } tail
            ? ReadTail(job, source, total, limit, tail, isBinary, hasEnded)
            : ReadFrom(job, source, total, Number(query, "offset") ?? 0, limit, Number(query, "lines"), isBinary, hasEnded);
    }

    /// <summary>The end of a stream, for answers that hold all that is worth holding.</summary>
    /// <returns>The text, and how many bytes are missing before it.</returns>
    public static (string Text, long OmittedBytes) ReadEnd(Job job, JobOutputSource source, int limit)
    {
        var total = job.Output.LengthOf(source);
        var (bytes, offset) = ReadBytes(job, source, Math.Max(0, total - limit), limit);
        var text = WithoutCutStart(bytes, offset);
        return (Encoding.UTF8.GetString(text), offset + (bytes.Length - text.Length));
    }

    private static JobOutputPart ReadFrom(Job job, JobOutputSource source, long total, long offset, int limit, long? lines, bool isBinary, bool hasEnded)
    {
        if (offset > total)
        {
            throw Refused($"The offset {offset} is beyond the {total} bytes that job '{job.ProcessId}' has written to {Name(source)}. Read on from {total}.");
        }

        var (read, start) = ReadBytes(job, source, offset, limit);
        ReadOnlySpan<byte> bytes = read;
        if (lines is { } count)
        {
            bytes = bytes[..EndOfLines(bytes, count)];
        }

        if (!isBinary && !(hasEnded && start + bytes.Length == total))
        {
            // The rest of the character comes with the next part. A part of nothing else would never come to an end.
            var whole = WithoutCutEnd(bytes);
            bytes = whole.Length > 0 ? whole : bytes;
        }

        return Answer(job, source, total, offset, start, bytes, isBinary, hasEnded);
    }

    private static JobOutputPart ReadTail(Job job, JobOutputSource source, long total, int limit, long lines, bool isBinary, bool hasEnded)
    {
        var (bytes, start) = ReadBytes(job, source, Math.Max(0, total - limit), limit);
        // A gap may lie within: what counts is its far side.
        while (start + bytes.Length < total && ReadBytes(job, source, start + bytes.Length, limit) is { Bytes.Length: > 0 } further)
        {
            (bytes, start) = further;
        }

        var from = StartOfLastLines(bytes, lines);
        return Answer(job, source, total, start + from, start + from, bytes.AsSpan(from), isBinary, hasEnded);
    }

    private static JobOutputPart Answer(
        Job job, JobOutputSource source, long total, long asked, long start, ReadOnlySpan<byte> bytes, bool isBinary, bool hasEnded) => new()
        {
            ProcessId = job.ProcessId,
            Status = job.Status,
            Stream = source,
            Offset = start,
            NextOffset = start + bytes.Length,
            TotalBytes = total,
            OmittedBytes = start > asked ? start - asked : null,
            Data = isBinary ? Convert.ToBase64String(bytes) : Encoding.UTF8.GetString(bytes),
            Encoding = isBinary ? "base64" : "utf-8",
            IsEnd = hasEnded && start + bytes.Length >= total,
        };

    private static (byte[] Bytes, long Offset) ReadBytes(Job job, JobOutputSource source, long offset, int limit)
    {
        var buffer = new byte[Math.Min(limit, Math.Max(0, job.Output.LengthOf(source) - offset))];
        var length = job.Output.Read(source, ref offset, buffer);
        return (buffer[..length], offset);
    }

    private static int EndOfLines(ReadOnlySpan<byte> bytes, long count)
    {
        var end = 0;
        for (; count > 0 && end < bytes.Length; count--)
        {
            var newline = bytes[end..].IndexOf((byte)'\n');
            if (newline < 0)
            {
                return bytes.Length;
            }

            end += newline + 1;
        }

        return end;
    }

    private static int StartOfLastLines(ReadOnlySpan<byte> bytes, long count)
    {
        if (count == 0)
        {
            return bytes.Length;
        }

        // A newline at the very end ends the last line, it does not begin another.
        var start = bytes.EndsWith("\n"u8) ? bytes.Length - 1 : bytes.Length;
        for (; count > 0; count--)
        {
            start = bytes[..start].LastIndexOf((byte)'\n');
            if (start < 0)
            {
                return 0;
            }
        }

        return start + 1;
    }

    private static ReadOnlySpan<byte> WithoutCutEnd(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var lead = bytes[^back];
            if ((lead & 0xC0) != 0x80)
            {
                var needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
                return needed > back ? bytes[..^back] : bytes;
            }
        }

        return bytes;
    }

    private static ReadOnlySpan<byte> WithoutCutStart(ReadOnlySpan<byte> bytes, long offset)
    {
        var skip = 0;
        while (offset > 0 && skip < Math.Min(3, bytes.Length) && (bytes[skip] & 0xC0) == 0x80)
        {
            skip++;
        }

        return bytes[skip..];
    }

    private static long? Number(IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw Refused($"'{name}' is '{Shorten(text)}', which is no number from 0 on.");
    }

    private static string Name(JobOutputSource source) => source is JobOutputSource.Both ? "its streams" : source.ToString().ToLowerInvariant();

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static HopxException Refused(string message) => new(HopxErrorCode.InvalidRequest, message);
}
