namespace Hopx.Agent;

/// <summary>A run that was started: a program, or code in a kernel. It ends by itself, at its timeout or when it is killed.</summary>
internal interface IRun
{
    /// <summary>The process that leads it; null when none could be started, or not yet.</summary>
    int? ProcessId { get; }

    /// <summary>Done when the run has ended, however it ended; faults for a defect of the agent's own, and with a <see cref="Hopx.Client.HopxException"/> when its turn did not come in time.</summary>
    Task<RunResult> Completion { get; }

    /// <summary>Ends it with all that came from it.</summary>
    void Kill();

    /// <summary>Sends a signal to it and its group; false when it is gone.</summary>
    bool Signal(int signal);

    /// <summary>Types into its standard input; false when that is closed, empty from the start, or the run is gone.</summary>
    ValueTask<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends its standard input; what was typed before is still read.</summary>
    void EndInput();
}
