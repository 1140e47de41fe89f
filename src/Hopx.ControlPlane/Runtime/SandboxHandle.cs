namespace Hopx.ControlPlane.Runtime;

/// <summary>The facts by which a sandbox is found again, also after a restart of the server; they go into the store as JSON.</summary>
internal sealed record SandboxHandle
{
    public required string Id { get; init; }

    /// <summary>Where the sandbox's files lie on this machine.</summary>
    public required string Directory { get; init; }

    /// <summary>Pid 1 of the sandbox as this machine sees it; null when it does not run.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>How each limit is held; null for remains of which nothing is known.</summary>
    public LimitEnforcement? Enforcement { get; init; }

    /// <summary>The directory, shared with the sandbox, that holds the agent's socket.</summary>
    public string RunDirectory => Path.Combine(Directory, "run");

    public string AgentLog => Path.Combine(Directory, "agent.log");
}
