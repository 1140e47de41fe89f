using System.Text.Json;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Runs code of any language and describes what came of it.</summary>
internal sealed class CodeExecution(
    IEnumerable<ILanguageRunner> runners, ProcessRunner processes, SandboxEnvironment environment, WorkingDirectory directories, IOptions<ProcessOptions> options, TimeProvider time)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    private readonly Dictionary<Language, ILanguageRunner> _runners = runners.ToDictionary(runner => runner.Language);

    public async Task<ExecutionResult> RunAsync(ExecuteRequest? request, string requestId, CancellationToken callerLeft)
    {
        if (string.IsNullOrEmpty(request?.Code))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'code' is missing. Send the code to run as text.");
        }

        var language = Languages.Parse(request.Language);
        var place = new RunPlace(
            directories.Resolve(request.Workdir, request.WorkingDir),
            environment.For(request.Env),
            RunTimeout.Clamp(request.Timeout, DefaultTimeout, options.Value.MaxTimeout));
        using var prepared = _runners[language].Prepare(request.Code, place);
        var run = await processes.RunAsync(prepared.Spec, callerLeft).ConfigureAwait(false);
        var rich = prepared.Spec.SideChannel is { } channel ? RichOutputReader.Read(channel.ToHeadBytes()) : RichContent.None;
        return new ExecutionResult
        {
            Success = run.Success,
            Stdout = run.Stdout,
            Stderr = run.Stderr,
            ExitCode = run.ExitCode,
            ExecutionTime = Math.Round(run.Duration.TotalSeconds, 6),
            Language = language.WireName(),
            Timestamp = time.GetUtcNow(),
            Result = rich.Result,
            Png = rich.Last("image/png"),
            Html = rich.Last("text/html"),
            Svg = rich.Last("image/svg+xml"),
            Markdown = rich.Last("text/markdown"),
            Json = rich.Last("application/json") is { } json ? JsonElement.Parse(json) : null,
            RichOutputs = rich.Outputs.Count > 0 ? rich.Outputs : null,
            Outcome = run.Outcome,
            StdoutOmittedBytes = run.StdoutOmittedBytes,
            StderrOmittedBytes = run.StderrOmittedBytes,
            RequestId = requestId,
        };
    }
}
