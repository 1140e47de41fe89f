using Hopx.Client;

namespace Hopx.Agent;

/// <summary>The one place where a run's result becomes what is answered.</summary>
internal static class RunAnswers
{
    extension<TAnswer>(TAnswer answer)
        where TAnswer : RunAnswer
    {
        public TAnswer WithResult(RunResult run, string? requestId, TimeProvider time) => answer with
        {
            Success = run.Success,
            Stdout = run.Stdout,
            Stderr = run.Stderr,
            ExitCode = run.ExitCode,
            ExecutionTime = Math.Round(run.Duration.TotalSeconds, 6),
            Timestamp = time.GetUtcNow(),
            Outcome = run.Outcome,
            Explanation = run.Explanation,
            Signal = run.Signal is { } signal ? SignalNames.Of(signal) : null,
            CpuTime = run.CpuTime?.TotalSeconds,
            PeakMemoryBytes = run.PeakMemoryBytes,
            BytesWritten = run.BytesWritten,
            StdoutOmittedBytes = run.StdoutOmittedBytes,
            StderrOmittedBytes = run.StderrOmittedBytes,
            RequestId = requestId,
        };
    }
}
