using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Hopx.Client;
using Microsoft.Extensions.AI;

namespace Hopx.SemanticKernel;

/// <summary>Running code. Names of parameters are what a model sees.</summary>
internal sealed class ExecutionFunctions(SandboxCalls calls, HopxFunctionOptions options)
{
    [Description("Run code in an isolated Linux sandbox and return what it printed, the value of a last Python expression, and plots. Use it for computations, data analysis and to try code out. Files in /workspace persist between calls.")]
    public async Task<object> RunCodeAsync(
        [Description("The code; print what you want to see.")] string code,
        [Description("Language of the code."), AllowedValues("python", "javascript", "bash", "go")] string language = "python",
        [Description("Seconds until the run is killed."), Range(1, int.MaxValue)] double timeout_seconds = 60,
        [Description("Sandbox to work in; leave out for this conversation's own.")] string? sandbox_id = null,
        CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Picture> pictures = [];
        var text = await calls.InAsync(
            sandbox_id,
            async agent =>
            {
                var result = await agent.Execution.RunAsync(
                    new ExecuteRequest { Code = code, Language = language, Timeout = options.Limit(timeout_seconds) }, cancellationToken).ConfigureAwait(false);
                (pictures, var leftOut) = Picture.Of(result, options);
                var report = new RunReport(options)
                    .Add("stdout", result.Stdout, result.StdoutOmittedBytes)
                    .Add("stderr", result.Stderr, result.StderrOmittedBytes)
                    .Add("result", result.Result ?? "");
                if (pictures.Count > 0)
                {
                    report.Note(pictures.Count == 1 ? "1 picture" : $"{pictures.Count} pictures");
                }

                foreach (var line in leftOut)
                {
                    report.Note(line);
                }

                return report.End(result.Outcome, result.ExitCode, result.ExecutionTime, timeout_seconds);
            },
            cancellationToken).ConfigureAwait(false);
        return pictures.Count == 0
            ? text
            : (List<AIContent>)[new TextContent(text), .. pictures.Select(picture => new DataContent(picture.Content, picture.MediaType))];
    }
}
