namespace Hopx.Agent;

internal static class RunExtensions
{
    extension(IRun run)
    {
        /// <summary>Waits for the end of a run that is for this caller alone: when it leaves, the run ends too.</summary>
        public async Task<RunResult> CompleteForAsync(CancellationToken callerLeft)
        {
            try
            {
                return await run.Completion.WaitAsync(callerLeft).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!run.Completion.IsCompleted)
            {
                run.Kill();
                throw;
            }
        }
    }
}
