using System.Globalization;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Reads a stretch of a file as a stream: its size costs time but no memory, and a sandbox that sends a byte now and then does not hold the call.</summary>
internal sealed class FileReader(IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Lines; the whole file is passed by, to tell how many there are.</summary>
    public async Task<CallToolResult> ReadLinesAsync(OpenSandbox sandbox, string path, int offset, int limit, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.CallBudget, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var lines = new LineWindow(offset, limit, options.Value.OutputBudget);
        var size = 0L;
        try
        {
            await using var file = await sandbox.Agent.Files.DownloadAsync(path, patience.Token);
            var buffer = new byte[BufferBytes];
            int read;
            while ((read = await file.ReadAsync(buffer, patience.Token)) > 0)
            {
                size += read;
                lines.Add(buffer.AsSpan(0, read));
            }
        }
        catch (Exception failure) when (IsBroken(failure, cancellationToken))
        {
            throw Broken(path, size, failure);
        }

        lines.Finish();
        return lines.IsBinary ? Binary(sandbox, path, size) : Describe(sandbox, path, size, lines);
    }

    /// <summary>Bytes, as base64.</summary>
    public async Task<CallToolResult> ReadBytesAsync(OpenSandbox sandbox, string path, int offset, int limit, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.CallBudget, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var wanted = new byte[Math.Min(limit, options.Value.OutputBudget / 4 * 3)];
        var kept = 0;
        var size = 0L;
        try
        {
            await using var file = await sandbox.Agent.Files.DownloadAsync(path, patience.Token);
            var buffer = new byte[BufferBytes];
            int read;
            while ((read = await file.ReadAsync(buffer, patience.Token)) > 0)
            {
                var skip = (int)Math.Clamp(offset - size, 0, read);
                var take = Math.Min(read - skip, wanted.Length - kept);
                buffer.AsSpan(skip, take).CopyTo(wanted.AsSpan(kept));
                kept += take;
                size += read;
            }
        }
        catch (Exception failure) when (IsBroken(failure, cancellationToken))
        {
            throw Broken(path, size, failure);
        }

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

    private static CallToolResult Describe(OpenSandbox sandbox, string path, long size, LineWindow lines)
    {
        var name = OutputText.Line(path);
        var shown = OutputText.FromFile(lines.Text);
        var range = lines switch
        {
            { TotalLines: 0 } => $"{name} is empty.",
            { LastLine: 0 } => $"{name} has {lines.TotalLines} lines; there is no line {lines.FirstLine}.",
            _ => $"{name}: lines {lines.FirstLine} to {lines.LastLine} of {lines.TotalLines}, {size} bytes in all.",
        };
        var next = lines.LastLine is > 0 and var last && last < lines.TotalLines ? last + 1 : (long?)null;
        string[] remarks =
        [
            .. next is null ? Array.Empty<string>() : [$"There is more: call read_file again with offset {next}."],
            .. lines.IsLineCut ? [$"Line {lines.LastLine} is too long and cut. run_command with cut or head -c shows the rest."] : Array.Empty<string>(),
            .. shown.Length != lines.Text.Replace("\r\n", "\n", StringComparison.Ordinal).Length || shown.Contains('␛', StringComparison.Ordinal)
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
            SizeBytes = size,
            FirstLine = lines.LastLine is 0 ? null : lines.FirstLine,
            LastLine = lines.LastLine is 0 ? null : lines.LastLine,
            TotalLines = lines.TotalLines,
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
}
