namespace Hopx.Agent;

/// <summary>A run of code: at its end, what it showed is read and what was made for it is released.</summary>
internal sealed class CodeRun(IRun run, PreparedRun prepared) : IRun
{
    public int? ProcessId => run.ProcessId;

    public Task<RunResult> Completion { get; } = CompleteAsync(run, prepared);

    public void Kill() => run.Kill();

    public bool Signal(int signal) => run.Signal(signal);

    public ValueTask<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => run.WriteInputAsync(bytes, cancellationToken);

    public void EndInput() => run.EndInput();

    private static async Task<RunResult> CompleteAsync(IRun run, PreparedRun prepared)
    {
        using (prepared)
        {
            try
            {
                var result = await run.Completion.ConfigureAwait(false);
                return prepared.Spec.SideChannel is { } channel ? result with { Rich = Read(channel) } : result;
            }
            finally
            {
                prepared.Spec.SideChannel?.Release();
            }
        }
    }

    // A cut goes through one thing that was shown at least.
    private static RichContent Read(BoundedOutput channel)
    {
        var shown = RichCollector.Read(channel.ToHeadBytes(), channel.HeadLimitBytes);
        return channel.OmittedBytes > 0 ? shown with { Omitted = Math.Max(shown.Omitted, 1) } : shown;
    }
}
