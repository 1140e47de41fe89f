using Hopx.Client;

namespace Hopx.Agent;

/// <summary>What is answered about a run in the foreground that goes on as a job.</summary>
internal static class Detached
{
    private const int OutputBytes = 1024 * 1024;

    extension<TAnswer>(TAnswer answer)
        where TAnswer : RunAnswer
    {
        /// <summary>Adds what is known of the job by now: what it wrote, what it waits for, where to ask on.</summary>
        public TAnswer WithJob(Job job)
        {
            var next = job.Output.LengthOf(JobOutputSource.Both);
            var stdout = JobOutputReader.ReadEnd(job, JobOutputSource.Stdout, OutputBytes);
            var stderr = JobOutputReader.ReadEnd(job, JobOutputSource.Stderr, OutputBytes);
            var info = job.ToInfo();
            return answer with
            {
                Success = false,
                Stdout = stdout.Text,
                Stderr = stderr.Text,
                StdoutOmittedBytes = stdout.OmittedBytes > 0 ? stdout.OmittedBytes : null,
                StderrOmittedBytes = stderr.OmittedBytes > 0 ? stderr.OmittedBytes : null,
                ExecutionTime = info.Duration ?? 0,
                Outcome = RunOutcome.Running,
                Status = "running",
                ProcessId = job.ProcessId,
                OutputOffset = next,
                WaitingForInput = info.WaitingForInput,
            };
        }
    }
}
