using System.Globalization;
using System.Text;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>Files of the sandbox; none of these can reach a file of the host.</summary>
[McpServerToolType]
internal sealed partial class FileTools(ConversationSandboxes sandboxes, FileReader reader, FileEditor editor, FileFinder finder, IOptions<HopxMcpOptions> options)
{
    /// <summary>Read a file of the sandbox, whole or a range of lines. For binary files use encoding base64.</summary>
    /// <param name="path">Absolute, or relative to /workspace.</param>
    /// <param name="offset">First line, from 1; for base64 first byte, from 0.</param>
    /// <param name="limit">Lines, or bytes for base64.</param>
    [McpServerTool(
        Name = "read_file", Title = "Read file", ReadOnly = true, Destructive = false, Idempotent = true, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(FileFacts))]
    public partial Task<CallToolResult> ReadAsync(
        ToolCall call,
        string path,
        CancellationToken cancellationToken,
        int? offset = null,
        int? limit = null,
        ContentEncoding encoding = ContentEncoding.Text,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var first = encoding is ContentEncoding.Text ? 1 : 0;
        if (offset < first)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"offset is {offset}; it begins at {first} for {(first is 1 ? "lines" : "bytes")}.");
        }

        if (limit < 1)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"limit is {limit}; it must be at least 1.");
        }

        var checkedPath = CheckPath(path);
        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Refuse,
            (sandbox, token) => encoding is ContentEncoding.Text
                ? reader.ReadLinesAsync(sandbox, checkedPath, offset ?? 1, limit, token)
                : reader.ReadBytesAsync(sandbox, checkedPath, offset ?? 0, limit, token),
            cancellationToken);
    }

    /// <summary>Write a whole file in the sandbox, new or in place of the old one; missing directories are made. To change a part use edit_file.</summary>
    [McpServerTool(
        Name = "write_file", Title = "Write file", ReadOnly = false, Destructive = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(WrittenFacts))]
    public partial Task<CallToolResult> WriteAsync(
        ToolCall call,
        string path,
        string content,
        CancellationToken cancellationToken,
        ContentEncoding encoding = ContentEncoding.Text,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var checkedPath = CheckPath(path);
        var size = encoding is ContentEncoding.Text ? Encoding.UTF8.GetByteCount(content) : DecodedLength(content);
        if (size > options.Value.MaxFileBytes)
        {
            throw new HopxException(
                HopxErrorCode.PayloadTooLarge, $"content has {size} bytes; at most {options.Value.MaxFileBytes} go into one call. Write it in parts and join them with run_command, or let run_code make it.");
        }

        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Create,
            async (sandbox, token) =>
            {
                var written = await sandbox.Agent.Files.WriteAsync(
                    new WriteFileRequest { Path = checkedPath, Content = content, Encoding = encoding is ContentEncoding.Base64 ? "base64" : null }, token);
                var text = new ResultText()
                    .Say(string.Create(CultureInfo.InvariantCulture, $"Wrote {size} bytes to {OutputText.Line(written.Path)}."))
                    .Say(sandbox.Note)
                    .Say($"(sandbox {sandbox.Id})");
                return Results.Of(
                    text.ToString(), new WrittenFacts { SandboxId = sandbox.Id, Path = OutputText.Line(written.Path), Bytes = size, Note = sandbox.Note }, ToolJson.Default.WrittenFacts);
            },
            cancellationToken);
    }

    /// <summary>Change part of a text file in the sandbox: old_text must occur exactly once, or set replace_all. Read the file first and copy old_text exactly.</summary>
    [McpServerTool(
        Name = "edit_file", Title = "Edit file", ReadOnly = false, Destructive = true, Idempotent = false, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(WrittenFacts))]
    public partial Task<CallToolResult> EditAsync(
        ToolCall call,
        string path,
        string old_text,
        string new_text,
        CancellationToken cancellationToken,
        bool replace_all = false,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var checkedPath = CheckPath(path);
        var edit = new FileEdit(old_text, new_text, replace_all);
        return sandboxes.UseAsync(
            call, sandbox_id, conversation, WhenMissing.Refuse, (sandbox, token) => editor.EditAsync(sandbox, checkedPath, edit, token), cancellationToken);
    }

    /// <summary>List a directory of the sandbox, one level deep; or search its whole tree by name, by content, or both. .git and node_modules are not searched.</summary>
    /// <param name="path">Default /workspace.</param>
    /// <param name="pattern">Glob of names (*.py) or paths (src/**/*.ts).</param>
    /// <param name="text">Regular expression; gives the lines that match.</param>
    [McpServerTool(
        Name = "list_files", Title = "List files", ReadOnly = true, Destructive = false, Idempotent = true, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(DirectoryFacts))]
    public partial Task<CallToolResult> ListAsync(
        ToolCall call, CancellationToken cancellationToken, string? path = null, string? pattern = null, string? text = null, string? sandbox_id = null, string? conversation = null)
    {
        var checkedPath = string.IsNullOrWhiteSpace(path) ? null : CheckPath(path);
        var search = new FileSearch(checkedPath, string.IsNullOrWhiteSpace(pattern) ? null : pattern, string.IsNullOrEmpty(text) ? null : text);
        return sandboxes.UseAsync(call, sandbox_id, conversation, WhenMissing.Refuse, (sandbox, token) => finder.FindAsync(sandbox, search, token), cancellationToken);
    }

    private static string CheckPath(string path) => path switch
    {
        _ when string.IsNullOrWhiteSpace(path) => throw new HopxException(HopxErrorCode.InvalidPath, "path is empty. Give a path in the sandbox, such as /workspace/data.csv."),
        { Length: > 4096 } => throw new HopxException(HopxErrorCode.InvalidPath, $"path has {path.Length} characters; a path can have 4096."),
        _ when path.Contains('\0', StringComparison.Ordinal) => throw new HopxException(HopxErrorCode.InvalidPath, "path holds a NUL character."),
        _ => path,
    };

    private static long DecodedLength(string base64)
    {
        var buffer = new byte[(base64.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(base64, buffer, out var written) ? written : throw new HopxException(
            HopxErrorCode.InvalidRequest, "content is not valid base64. Encode it again, or leave encoding out to write it as text.");
    }
}
