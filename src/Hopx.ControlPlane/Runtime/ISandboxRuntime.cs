namespace Hopx.ControlPlane.Runtime;

/// <summary>What the life of a sandbox needs of the machine. Calls for one sandbox must not overlap; those for different ones may.</summary>
internal interface ISandboxRuntime
{
    /// <summary>Starts a new sandbox, or one that was stopped, and waits until its agent answers.</summary>
    Task<SandboxHandle> StartAsync(SandboxStart start, CancellationToken cancellationToken);

    /// <summary>Ends the sandbox's processes and keeps its files, so that it can be started again.</summary>
    Task<SandboxHandle> StopAsync(SandboxHandle sandbox, CancellationToken cancellationToken);

    /// <summary>Ends the sandbox and removes all that there is of it, also when that is only half of one, or nothing.</summary>
    Task KillAsync(SandboxHandle sandbox, CancellationToken cancellationToken);

    /// <summary>Freezes all processes of the sandbox where they stand.</summary>
    Task PauseAsync(SandboxHandle sandbox, CancellationToken cancellationToken);

    /// <summary>Lets a paused sandbox go on.</summary>
    Task ResumeAsync(SandboxHandle sandbox, CancellationToken cancellationToken);

    /// <summary>Whether the sandbox's first process, and no later one with its number, still lives.</summary>
    bool IsAlive(SandboxHandle sandbox);

    bool IsPaused(SandboxHandle sandbox);

    /// <summary>Whether anything of the sandbox lies on disk.</summary>
    bool HasFiles(string id);

    /// <summary>What the sandbox uses of the machine now; costs no process and no walk through files.</summary>
    SandboxUsage MeasureUsage(SandboxHandle sandbox);

    /// <summary>Counts what the sandbox takes on disk, and keeps its log short; for a sweep now and then.</summary>
    Task<SandboxDiskUsage> MeasureDiskAsync(SandboxHandle sandbox, CancellationToken cancellationToken);

    void TrimLog(SandboxHandle sandbox);

    /// <summary>All that exists of sandboxes of this home on this machine.</summary>
    SandboxRemains FindRemains();

    /// <summary>A handle for remains of which nothing but the id is known, for <see cref="KillAsync"/>.</summary>
    SandboxHandle HandleOfRemains(string id);

    /// <summary>HTTP to the sandbox's agent.</summary>
    HttpMessageHandler CreateTransport(SandboxHandle sandbox);
}
