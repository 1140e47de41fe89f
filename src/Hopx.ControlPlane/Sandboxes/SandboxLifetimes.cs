using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>How long sandboxes live, and the tokens for them.</summary>
internal sealed class SandboxLifetimes(SandboxGate gate, SandboxAgents agents, AgentTokens tokens, IOptions<ControlPlaneOptions> options, TimeProvider time)
{
    /// <summary>A new lifetime, from now on.</summary>
    public Task<SandboxRecord> SetTimeoutAsync(Caller caller, string id, long? timeoutSeconds, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, SandboxOperation.Extend, async (record, _) =>
        {
            var lifetime = Check(timeoutSeconds)
                ?? throw new HopxException(HopxErrorCode.InvalidRequest, "timeout_seconds is required: a whole number of seconds above 0.");
            var expires = time.GetUtcNow() + lifetime;
            if (record.State is SandboxState.Running)
            {
                await agents.SetDeadlineAsync(record, expires, CancellationToken.None);
            }

            return record with { TimeoutSeconds = (long)lifetime.TotalSeconds, ExpiresAt = expires };
        }, cancellationToken);

    /// <summary>A token for the sandbox's agent and when it ends: never before the sandbox itself.</summary>
    public (string Token, DateTimeOffset ExpiresAt) CreateToken(SandboxRecord record)
    {
        var expires = time.GetUtcNow() + options.Value.TokenLifetime;
        if (record.ExpiresAt > expires)
        {
            expires = record.ExpiresAt.Value;
        }

        return (tokens.Create(record.Id, record.OrganizationId, expires), expires);
    }

    /// <summary>The lifetime that was asked for; null: none.</summary>
    public TimeSpan? Check(long? seconds)
    {
        var longest = (long)options.Value.MaxLifetime.TotalSeconds;
        return seconds switch
        {
            null => null,
            <= 0 => throw new HopxException(HopxErrorCode.InvalidRequest, $"timeout_seconds is {seconds}; it must be above 0."),
            _ when seconds > longest => throw new HopxException(
                HopxErrorCode.InvalidRequest, $"timeout_seconds is {seconds}; this server allows at most {longest}. Ask for less and extend it later."),
            _ => TimeSpan.FromSeconds(seconds.Value),
        };
    }
}
