using System.Globalization;
using System.Text;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Edits a file, which it never makes: in one step where the service can, else by reading all of it and writing it back.</summary>
internal sealed class FileEditor(IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const int ContextLines = 3;
    private const int MaxSnippet = 2000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public async Task<CallToolResult> EditAsync(OpenSandbox sandbox, string path, FileEdit edit, CancellationToken cancellationToken)
    {
        var name = OutputText.Line(path);
        try
        {
            var edited = await sandbox.Agent.Files.EditAsync(
                new EditFileRequest
                {
                    Path = path,
                    OldText = edit.OldText,
                    NewText = edit.NewText,
                    ReplaceAll = edit.ReplaceAll ? true : null,
                    // read_file shows lines without their \r, so nobody who copies from there could ever match one.
                    AdaptLineEnds = true,
                    TextOnly = true,
                    Context = ContextLines,
                },
                cancellationToken);
            return Describe(sandbox, name, edited.Replacements, edited.FirstLine, edited.Size, edited.Snippet ?? "");
        }
        catch (HopxException failure) when (failure.MeansUnknownRoute)
        {
            return await RewriteAsync(sandbox, path, name, edit, cancellationToken);
        }
        catch (HopxException failure) when (failure.Code is HopxErrorCode.PayloadTooLarge)
        {
            throw TooLarge(name);
        }
        catch (HopxException failure) when (failure.Code is HopxErrorCode.Conflict)
        {
            // Nothing was changed. What stands there now tells best why.
            _ = edit.Apply(name, await ReadAsync(sandbox, path, name, cancellationToken));
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{failure.Message} Nothing was changed.", failure);
        }
    }

    private async Task<CallToolResult> RewriteAsync(OpenSandbox sandbox, string path, string name, FileEdit edit, CancellationToken cancellationToken)
    {
        var (after, replacements, line) = edit.Apply(name, await ReadAsync(sandbox, path, name, cancellationToken));
        var size = Encoding.UTF8.GetByteCount(after);
        if (size > options.Value.MaxFileBytes)
        {
            throw TooLarge(name);
        }

        await sandbox.Agent.Files.WriteAsync(path, after, cancellationToken);
        return Describe(sandbox, name, replacements, line, size, Snippet(after, line, edit.NewText));
    }

    private static CallToolResult Describe(OpenSandbox sandbox, string name, int replacements, long line, long size, string snippet)
    {
        var text = new ResultText()
            .Say(string.Create(CultureInfo.InvariantCulture, $"Changed {replacements} {(replacements is 1 ? "place" : "places")} in {name}, first at line {line}; it has {size} bytes now."))
            .Say(sandbox.Note)
            .Show(new OutputSection("content", OutputText.FromFile(snippet[..OutputText.SafeCut(snippet, Math.Min(snippet.Length, MaxSnippet))])))
            .Say($"(sandbox {sandbox.Id})");
        return Results.Of(
            text.ToString(), new WrittenFacts { SandboxId = sandbox.Id, Path = name, Bytes = size, Replacements = replacements, Note = sandbox.Note }, ToolJson.Default.WrittenFacts);
    }

    private async Task<string> ReadAsync(OpenSandbox sandbox, string path, string name, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.Value.CallBudget, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var bytes = new MemoryStream();
        try
        {
            await using var file = await sandbox.Agent.Files.DownloadAsync(path, patience.Token);
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await file.ReadAsync(buffer, patience.Token)) > 0)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > options.Value.MaxFileBytes)
                {
                    throw TooLarge(name);
                }
            }

            return StrictUtf8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (DecoderFallbackException)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{name} is not UTF-8 text ({bytes.Length} bytes), so it cannot be edited as such. Change it with run_code.");
        }
        catch (Exception failure) when (failure is IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new HopxException(HopxErrorCode.Unreachable, $"Reading {name} stopped after {bytes.Length} bytes. Nothing was changed.", failure);
        }
    }

    private HopxException TooLarge(string name) => new(
        HopxErrorCode.PayloadTooLarge, $"{name} is larger than {options.Value.MaxFileBytes} bytes, the limit of edit_file. Nothing was changed. Use run_command with sed, or run_code.");

    private static string Snippet(string text, int line, string newText)
    {
        var last = line + newText.AsSpan().Count('\n') + ContextLines;
        var snippet = new StringBuilder();
        var number = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            if (++number < line - ContextLines)
            {
                continue;
            }

            if (number > last || snippet.Length > MaxSnippet)
            {
                break;
            }

            var shown = text.AsSpan(range);
            snippet.Append(shown[..Math.Min(shown.Length, MaxSnippet)]).Append('\n');
        }

        return snippet.ToString();
    }
}
