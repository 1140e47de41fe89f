namespace Hopx.Agent;

/// <summary>A run that is going on.</summary>
internal sealed class ActiveRun(ChildProcess leader, string mark)
{
    private volatile string? _memoryKill;

    public ProcessFamily Family { get; } = new(leader, mark);

    /// <summary>What the memory watchdog killed in this run, in words; null when nothing.</summary>
    public string? MemoryKill => _memoryKill;

    public void NoteMemoryKill(string description) => _memoryKill = description;
}
