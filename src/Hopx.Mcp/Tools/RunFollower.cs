using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tools;

/// <summary>Waits for a run within the time of a call. Where the client listens, it hears meanwhile what the run last printed.</summary>
internal sealed class RunFollower(IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const int LastLineLength = 200;

    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(5);

    /// <summary>Time after which the first answer comes although the run goes on.</summary>
    public TimeSpan FirstPatience(ToolCall call, TimeSpan budget) =>
        call.Params.ProgressToken is not null && options.Value.ProgressInterval < budget ? options.Value.ProgressInterval : budget;

    /// <summary>Waits on for a run that has become a job; the answer is the run's at its end, or the first one where it has none by then.</summary>
    public async Task<RunAnswer> FollowAsync(ToolCall call, OpenSandbox sandbox, RunAnswer answer, TimeSpan budget, long started, CancellationToken cancellationToken)
    {
        if (answer is not { Outcome: RunOutcome.Running, ProcessId: { } job })
        {
            return answer;
        }

        try
        {
            answer = await WaitAsync(call, sandbox, job, answer, budget, started, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Its caller does not want it any more, and nobody else knows of it.
            using var patience = new CancellationTokenSource(KillPatience, time);
            await sandbox.Agent.Jobs.KillAsync(job, patience.Token);
            throw;
        }

        if (answer.Outcome is not RunOutcome.Running)
        {
            return answer;
        }

        var limit = options.Value.OutputBudget;
        var output = await sandbox.Agent.Jobs.ReadOutputAsync(job, new JobOutputQuery { Limit = limit, Offset = 0 }, cancellationToken);
        if (output.NextOffset < output.TotalBytes)
        {
            // Of much the end tells more than the beginning.
            output = await sandbox.Agent.Jobs.ReadOutputAsync(job, new JobOutputQuery { Limit = limit, Offset = output.TotalBytes - limit }, cancellationToken);
        }

        return answer with { Stdout = output.Data, Stderr = "", OutputOffset = output.NextOffset, StdoutOmittedBytes = null, StderrOmittedBytes = null };
    }

    private async Task<RunAnswer> WaitAsync(ToolCall call, OpenSandbox sandbox, string job, RunAnswer answer, TimeSpan budget, long started, CancellationToken cancellationToken)
    {
        while (answer.WaitingForInput is null && budget - time.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            var info = await sandbox.Agent.Jobs.WaitAsync(job, left < options.Value.ProgressInterval ? left : options.Value.ProgressInterval, cancellationToken);
            if (info.HasEnded)
            {
                return await sandbox.Agent.Jobs.GetResultAsync(job, cancellationToken);
            }

            answer = answer with { WaitingForInput = info.WaitingForInput, ExecutionTime = info.Duration ?? answer.ExecutionTime };
            if (call.Params.ProgressToken is not null && info.WaitingForInput is null)
            {
                CallProgress.Note(call, OutputText.Line((await sandbox.Agent.Jobs.ReadOutputAsync(job, new JobOutputQuery { Tail = 1 }, cancellationToken)).Data, LastLineLength));
            }
        }

        return answer;
    }
}
