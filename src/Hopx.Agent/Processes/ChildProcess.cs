namespace Hopx.Agent;

/// <summary>A child that the agent started; the leader of its own session and process group.</summary>
internal sealed class ChildProcess(int id, ChildReaper reaper)
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Id { get; } = id;

    public Task<ProcessExit> Exited => _exited.Task;

    /// <summary>Sends a signal to the whole process group, unless the leader is gone and its number may belong to another.</summary>
    public void SignalGroup(int signal) => reaper.SignalGroup(Id, signal);

    /// <summary>Sends a signal to it alone, unless it is gone.</summary>
    public void Signal(int signal) => reaper.Signal(Id, signal);

    internal void SetExited(ProcessExit exit) => _exited.TrySetResult(exit);
}
