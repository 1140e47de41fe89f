using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Pause and resume: all processes stand still where they are, and go on.</summary>
internal sealed class SandboxPausing(SandboxGate gate, SandboxRuntime runtime, SandboxAgents agents)
{
    public Task<SandboxRecord> PauseAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, async record =>
        {
            SandboxGate.Require(record.Status is SandboxStatus.Paused || record.Status.CanPause, record, "paused", "Only a running one can.");
            if (record.Status.CanPause)
            {
                await runtime.PauseAsync(record.Handle!, cancellationToken);
            }

            return record with { Status = SandboxStatus.Paused };
        }, cancellationToken);

    public Task<SandboxRecord> ResumeAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, async record =>
        {
            SandboxGate.Require(record.Status is SandboxStatus.Running || record.Status.CanResume, record, "resumed", "Only a paused one can; start a stopped one.");
            if (record.Status.CanResume)
            {
                await runtime.ResumeAsync(record.Handle!, cancellationToken);
                await agents.SetDeadlineAsync(record, record.ExpiresAt, cancellationToken);
            }

            return record with { Status = SandboxStatus.Running };
        }, cancellationToken);
}
