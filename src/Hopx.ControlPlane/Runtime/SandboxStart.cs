namespace Hopx.ControlPlane.Runtime;

/// <summary>Everything that makes a template's root a running sandbox.</summary>
internal sealed record SandboxStart
{
    /// <summary>Lower-case letters, digits, hyphens and underscores; also the name of its directory.</summary>
    public required string Id { get; init; }

    /// <summary>Root file system of the template, owned by the machine's sub-ids; never written.</summary>
    public required string TemplateRoot { get; init; }

    /// <summary>The agent's executable on this machine.</summary>
    public required string AgentPath { get; init; }

    /// <summary>The program that serves the desktop, for a template that has one.</summary>
    public string? DesktopPath { get; init; }

    public required SandboxLimits Limits { get; init; }

    /// <summary>Key with which the agent checks tokens: base64 of a SubjectPublicKeyInfo.</summary>
    public required string TokenPublicKey { get; init; }

    /// <summary>When the agent ends the sandbox by itself; null for never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whether the agent is to have Python ready before anybody runs code, where the template has it.</summary>
    public bool WarmsPython { get; init; }

    /// <summary>Whether the agent may post results to private addresses.</summary>
    public bool AllowsPrivateCallbacks { get; init; }

    /// <summary>The sandbox's public address, for the agent to tell.</summary>
    public string? PublicHost { get; init; }

    /// <summary>Directory in which code and commands start.</summary>
    public string WorkingDirectory { get; init; } = "/workspace";

    /// <summary>Variables of the template; names that begin with <c>HOPX_</c> belong to the agent and are left out.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
