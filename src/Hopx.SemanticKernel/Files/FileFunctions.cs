using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hopx.SemanticKernel;

/// <summary>Reading and writing files. Names of parameters are what a model sees.</summary>
internal sealed class FileFunctions(SandboxCalls calls, HopxFunctionOptions options)
{
    [Description("Read a text file of the sandbox, from a line on. A long file is cut, with a note of how to go on.")]
    public async Task<string> ReadFileAsync(
        [Description("Absolute path under /workspace or /tmp, or relative to /workspace.")] string path,
        [Description("First line to return; the first of the file is 1."), Range(1, int.MaxValue)] int first_line = 1,
        [Description("Sandbox to work in; leave out for this conversation's own.")] string? sandbox_id = null,
        CancellationToken cancellationToken = default) => await calls.InAsync(
            sandbox_id,
            async agent =>
            {
                var content = await agent.Files.DownloadAsync(path, cancellationToken).ConfigureAwait(false);
                await using (content.ConfigureAwait(false))
                {
                    return await TextExcerpt.ReadAsync(content, path, first_line, options.MaxOutputCharacters, cancellationToken).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);

    [Description("Write a text file in the sandbox. Parent directories are made; an old file is replaced whole.")]
    public async Task<string> WriteFileAsync(
        [Description("Absolute path under /workspace or /tmp, or relative to /workspace.")] string path,
        [Description("The whole new content.")] string content,
        [Description("Sandbox to work in; leave out for this conversation's own.")] string? sandbox_id = null,
        CancellationToken cancellationToken = default) => await calls.InAsync(
            sandbox_id,
            async agent =>
            {
                var written = await agent.Files.WriteAsync(path, content, cancellationToken).ConfigureAwait(false);
                return $"Wrote {content.Length} characters to {written.Path}.";
            },
            cancellationToken).ConfigureAwait(false);
}
