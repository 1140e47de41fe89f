using System.Text.Json;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Runs code of any language and describes what came of it.</summary>
internal sealed class CodeExecution(
    IEnumerable<ILanguageRunner> runners,
    PythonKernels kernels,
    ProcessRunner processes,
    SandboxEnvironment environment,
    WorkingDirectory directories,
    IOptions<ProcessOptions> options,
    TimeProvider time)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    private readonly Dictionary<Language, ILanguageRunner> _runners = runners.ToDictionary(runner => runner.Language);

    public async Task<ExecutionResult> RunAsync(ExecuteRequest? request, string requestId, CancellationToken callerLeft)
    {
        var run = Start(request, RunObserver.None);
        return Describe(Languages.Parse(request?.Language), await run.CompleteForAsync(callerLeft).ConfigureAwait(false), requestId);
    }

    /// <summary>Starts code, which goes on without its caller.</summary>
    public IRun Start(ExecuteRequest? request, RunObserver observer, TimeSpan? whenNoTimeout = null)
    {
        if (string.IsNullOrEmpty(request?.Code))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'code' is missing. Send the code to run as text.");
        }

        var place = new RunPlace(
            directories.Resolve(request.Workdir, request.WorkingDir),
            environment.For(request.Env),
            RunTimeout.Clamp(request.Timeout, whenNoTimeout ?? DefaultTimeout, options.Value.MaxTimeout),
            observer.TakesInput);
        var language = Languages.Parse(request.Language);
        if (language is Language.Python && request.Clean is not true)
        {
            return kernels.Run(request, place, observer);
        }

        var prepared = _runners[language].Prepare(request.Code, place);
        try
        {
            return new CodeRun(processes.Start(prepared.Spec, observer), prepared);
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    public ExecutionResult Describe(Language language, RunResult run, string? requestId) => new ExecutionResult
    {
        Success = run.Success,
        Language = language.WireName(),
        Result = run.Rich.Result,
        Png = run.Rich.Last("image/png"),
        Html = run.Rich.Last("text/html"),
        Svg = run.Rich.Last("image/svg+xml"),
        Markdown = run.Rich.Last("text/markdown"),
        Latex = run.Rich.Last("text/latex"),
        Json = run.Rich.Last("application/json") is { } json ? JsonElement.Parse(json) : null,
        RichOutputs = run.Rich.Outputs.Count > 0 ? run.Rich.Outputs : null,
        RichOutputsOmitted = run.Rich.Omitted is > 0 and var omitted ? omitted : null,
        Kernel = run.Kernel,
        StateLost = run.StateLost ? true : null,
    }.WithResult(run, requestId, time);
}
