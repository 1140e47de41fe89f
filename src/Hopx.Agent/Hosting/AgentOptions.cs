using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>What the control plane tells the agent, by environment variables with the prefix <c>HOPX_</c>. Nothing in it is secret.</summary>
internal sealed class AgentOptions
{
    /// <summary><c>HOPX_AGENT_LISTEN</c>: where to listen.</summary>
    /// <value><c>unix:/path/of.sock</c> or <c>http://address:port</c>.</value>
    [Required(ErrorMessage = "HOPX_AGENT_LISTEN is missing. Set it to unix:/path/of.sock or http://127.0.0.1:7777.")]
    public string Listen { get; set; } = "";

    /// <summary><c>HOPX_SANDBOX_ID</c>: the sandbox that tokens must be for.</summary>
    [Required(ErrorMessage = "HOPX_SANDBOX_ID is missing. Set it to the sandbox's identifier.")]
    public string SandboxId { get; set; } = "";

    /// <summary><c>HOPX_TOKEN_PUBLIC_KEY</c>: the key that tokens are checked with.</summary>
    /// <value>Base64 of a SubjectPublicKeyInfo on P-256.</value>
    [Required(ErrorMessage = "HOPX_TOKEN_PUBLIC_KEY is missing. Set it to the base64 SubjectPublicKeyInfo of the control plane's P-256 key.")]
    public string TokenPublicKey { get; set; } = "";

    /// <summary><c>HOPX_DEADLINE</c>: when the sandbox ends itself; never when absent.</summary>
    public DateTimeOffset? Deadline { get; set; }

    /// <summary><c>HOPX_MEMORY_LIMIT_BYTES</c>: the sandbox's memory.</summary>
    /// <value>At least 16 MiB; no limit when absent.</value>
    [Range(16L * 1024 * 1024, long.MaxValue)]
    public long? MemoryLimitBytes { get; set; }

    /// <summary><c>HOPX_MEMORY_WATCHDOG</c>: 1 when nothing but the agent enforces the memory limit.</summary>
    public bool MemoryWatchdog { get; set; }

    /// <summary><c>HOPX_PROCESS_LIMIT</c>: processes and threads that the sandbox may have. What callers run gets a few less, so that the agent can still work when a fork bomb has taken them all.</summary>
    /// <value>At least 64; not known when absent.</value>
    [Range(64, int.MaxValue)]
    public int? ProcessLimit { get; set; }

    /// <summary><c>HOPX_WORKDIR</c>: where runs start and relative paths begin.</summary>
    /// <value>An absolute path; <c>/workspace</c> by default.</value>
    public string Workdir { get; set; } = "/workspace";
}

[OptionsValidator]
internal sealed partial class AgentOptionsValidator : IValidateOptions<AgentOptions>;
