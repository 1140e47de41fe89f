using System.Globalization;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Reads a stretch of a file. A service that can only send whole files sends a stream: its size costs time but no memory.</summary>
internal sealed class FileReader(IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const int BufferBytes = 64 * 1024;
    private const int NotInFile = 416;

    /// <summary>Lines, as many as fit.</summary>
    public async Task<CallToolResult> ReadLinesAsync(OpenSandbox sandbox, string path, int offset, int? limit, CancellationToken cancellationToken)
    {
        var stretch = await WithPatienceAsync(
            path,
            async (read, patience) => await ReadPartAsync(sandbox, path, offset, limit, patience) ?? await ReadWholeAsync(sandbox, path, offset, limit, read, patience),
            cancellationToken);
        return stretch.IsBinary ? Binary(sandbox, path, stretch.Size) : Describe(sandbox, path, stretch);
    }

    /// <summary>Bytes, as base64.</summary>
    public async Task<CallToolResult> ReadBytesAsync(OpenSandbox sandbox, string path, int offset, int? limit, CancellationToken cancellationToken)
    {
        var wanted = new byte[Math.Min(limit ?? int.MaxValue, options.Value.OutputBudget / 4 * 3)];
        var (kept, size) = await WithPatienceAsync(
            path,
            async (read, patience) =>
            {
                await using var file = await OpenAsync(sandbox, path, offset, wanted.Length, patience);
                return await KeepAsync(file, wanted, offset, read, patience);
            },
            cancellationToken);
        var end = offset + (long)kept;
        long? next = kept > 0 && end < size ? end : null;
        var content = Convert.ToBase64String(wanted, 0, kept);
        var name = OutputText.Line(path);
        var text = new ResultText()
            .Say(string.Create(CultureInfo.InvariantCulture, $"{name}: bytes {offset} to {end} of {size}, base64."))
            .Say(next is null ? null : string.Create(CultureInfo.InvariantCulture, $"There is more: call read_file again with offset {next}."))
            .Say(sandbox.Note)
            .Show(new OutputSection("base64", content))
            .Say($"(sandbox {sandbox.Id})");
        var facts = new FileFacts { SandboxId = sandbox.Id, Path = name, Content = content, SizeBytes = size, NextOffset = next, Note = sandbox.Note };
        return Results.Of(text.ToString(), facts, ToolJson.Default.FileFacts);
    }

    // A service that does not know of lines sends all of the file as text. That will do, unless it is too large, or was no text.
    private async Task<FileStretch?> ReadPartAsync(OpenSandbox sandbox, string path, int offset, int? limit, CancellationToken cancellationToken)
    {
        try
        {
            var part = await sandbox.Agent.Files.ReadFittingLinesAsync(path, offset, limit, options.Value.OutputBudget, cancellationToken);
            return part.StartLine is not null ? FileStretch.Of(part)
                : part.IsBinary is true || part.Content.Contains('\ufffd', StringComparison.Ordinal) ? null
                : FileStretch.Of(part, offset, limit, options.Value.OutputBudget);
        }
        catch (HopxException failure) when (failure.Code is HopxErrorCode.PayloadTooLarge)
        {
            return null;
        }
    }

    private async Task<FileStretch> ReadWholeAsync(OpenSandbox sandbox, string path, int offset, int? limit, ReadCount read, CancellationToken cancellationToken)
    {
        var lines = new LineWindow(offset, limit ?? long.MaxValue, options.Value.OutputBudget);
        await using var file = await sandbox.Agent.Files.DownloadAsync(path, cancellationToken);
        var buffer = new byte[BufferBytes];
        int count;
        while ((count = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            read.Bytes += count;
            lines.Add(buffer.AsSpan(0, count));
        }

        lines.Finish();
        return FileStretch.Of(lines, read.Bytes);
    }

    private static async Task<FileRange> OpenAsync(OpenSandbox sandbox, string path, int offset, int length, CancellationToken cancellationToken)
    {
        try
        {
            return await sandbox.Agent.Files.DownloadRangeAsync(path, offset, length, cancellationToken);
        }
        catch (HopxException failure) when (failure.StatusCode is NotInFile)
        {
            // All of it, to tell how long it is.
            return new FileRange { Content = await sandbox.Agent.Files.DownloadAsync(path, cancellationToken) };
        }
    }

    private static async Task<(int Kept, long Size)> KeepAsync(FileRange file, byte[] wanted, int offset, ReadCount read, CancellationToken cancellationToken)
    {
        var kept = 0;
        var at = file.Offset;
        var buffer = new byte[BufferBytes];
        int count;
        while ((file.FileSize is null || kept < wanted.Length) && (count = await file.Content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            var skip = (int)Math.Clamp(offset - at, 0, count);
            var take = Math.Min(count - skip, wanted.Length - kept);
            buffer.AsSpan(skip, take).CopyTo(wanted.AsSpan(kept));
            kept += take;
            at += count;
            read.Bytes += count;
        }

        return (kept, file.FileSize ?? at);
    }

    // A sandbox that sends a byte now and then does not hold the call.
    private async Task<T> WithPatienceAsync<T>(string path, Func<ReadCount, CancellationToken, Task<T>> act, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.CallBudget, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var read = new ReadCount();
        try
        {
            return await act(read, patience.Token);
        }
        catch (Exception failure) when (IsBroken(failure, cancellationToken))
        {
            throw Broken(path, read.Bytes, failure);
        }
    }

    private static CallToolResult Describe(OpenSandbox sandbox, string path, FileStretch stretch)
    {
        var name = OutputText.Line(path);
        var shown = OutputText.FromFile(stretch.Text);
        var of = stretch.TotalLines is { } total ? string.Create(CultureInfo.InvariantCulture, $"of {total}") : "and more follow";
        var range = stretch switch
        {
            { TotalLines: 0 } => $"{name} is empty.",
            { LastLine: 0 } => $"{name} has {(stretch.TotalLines is { } lines ? $"{lines} lines" : "fewer lines")}; there is no line {stretch.FirstLine}.",
            _ => $"{name}: lines {stretch.FirstLine} to {stretch.LastLine} {of}, {stretch.Size} bytes in all.",
        };
        long? next = stretch.LastLine > 0 && (stretch.TotalLines is null || stretch.LastLine < stretch.TotalLines) ? stretch.LastLine + 1 : null;
        string[] remarks =
        [
            .. next is null ? Array.Empty<string>() : [$"There is more: call read_file again with offset {next}."],
            .. stretch.IsLineCut ? [$"Line {stretch.LastLine} is too long and cut. run_command with cut or head -c shows the rest."] : Array.Empty<string>(),
            .. shown.Length != stretch.Text.Replace("\r\n", "\n", StringComparison.Ordinal).Length || shown.Contains('␛', StringComparison.Ordinal)
                ? ["Control and invisible characters are shown as symbols or \\u{…}; encoding base64 gives the exact bytes."]
                : Array.Empty<string>(),
            .. sandbox.Notes,
        ];
        var text = new ResultText().Say(range);
        foreach (var remark in remarks)
        {
            text.Say(remark);
        }

        text.Show(new OutputSection("content", shown)).Say($"(sandbox {sandbox.Id})");
        var facts = new FileFacts
        {
            SandboxId = sandbox.Id,
            Path = name,
            Content = shown,
            SizeBytes = stretch.Size,
            FirstLine = stretch.LastLine is 0 ? null : stretch.FirstLine,
            LastLine = stretch.LastLine is 0 ? null : stretch.LastLine,
            TotalLines = stretch.TotalLines,
            NextOffset = next,
            Note = remarks is [] ? null : string.Join(' ', remarks),
        };
        return Results.Of(text.ToString(), facts, ToolJson.Default.FileFacts);
    }

    private static CallToolResult Binary(OpenSandbox sandbox, string path, long size)
    {
        var name = OutputText.Line(path);
        var sentence = string.Create(
            CultureInfo.InvariantCulture, $"{name} is a binary file of {size} bytes, so it is not shown as text. Use encoding base64 for its bytes, or run_code to look into it.");
        var text = new ResultText().Say(sentence).Say(sandbox.Note).Say($"(sandbox {sandbox.Id})");
        var facts = new FileFacts { SandboxId = sandbox.Id, Path = name, SizeBytes = size, Note = string.Join(' ', [sentence, .. sandbox.Notes]) };
        return Results.Of(text.ToString(), facts, ToolJson.Default.FileFacts);
    }

    private static bool IsBroken(Exception failure, CancellationToken cancellationToken) =>
        failure is IOException or HttpRequestException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static HopxException Broken(string path, long size, Exception failure) => new(
        HopxErrorCode.Unreachable, $"Reading {OutputText.Line(path)} stopped after {size} bytes: {(failure is OperationCanceledException ? "the time of the call was up" : failure.Message)}. For a large file use run_command with head, tail or sed.", failure);

    /// <summary>How far the reading came.</summary>
    private sealed class ReadCount
    {
        public long Bytes { get; set; }
    }
}
