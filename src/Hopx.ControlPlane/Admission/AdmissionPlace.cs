namespace Hopx.ControlPlane.Admission;

/// <summary>A share of the machine that is kept for a sandbox which is being made, or kept ready. Disposed once the sandbox's own record counts, or when nothing came of it.</summary>
internal sealed class AdmissionPlace(SandboxAdmission admission, string sandboxId, int memoryMib) : IDisposable
{
    public string SandboxId { get; } = sandboxId;

    public int MemoryMib { get; } = memoryMib;

    /// <summary>Whether its processes already run, so that what they take is measured and need not be guessed.</summary>
    public bool Runs { get; set; }

    public void Dispose() => admission.Release(this);
}
