namespace Hopx.ControlPlane.Events;

/// <summary>An event as it lies in the log.</summary>
/// <param name="Id">Grows by each event, over restarts too.</param>
/// <param name="OrganizationId">Who may see it; null: everybody.</param>
/// <param name="SandboxId">What it is about; null for a template.</param>
/// <param name="Data">JSON.</param>
internal sealed record LoggedEvent(long Id, long? OrganizationId, string? SandboxId, string Type, string Data)
{
    /// <summary>The bytes that go to every reader, made once.</summary>
    public ReadOnlyMemory<byte> Frame { get; } = SseFrame.Of(Data, Type, Id);
}
