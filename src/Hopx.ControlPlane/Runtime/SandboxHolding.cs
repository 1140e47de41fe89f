using Hopx.ControlPlane.Sandboxes;

namespace Hopx.ControlPlane.Runtime;

/// <summary>What one sandbox holds of this machine.</summary>
/// <param name="Record">What the state file knows of it; null: it belongs to nobody.</param>
/// <param name="IsReady">Whether it stands ready for a create, and is no caller's yet.</param>
internal sealed record SandboxHolding(string Id, SandboxRecord? Record, int Processes, bool HasControlGroup, bool HasDirectory, long? MemoryBytes, long? DiskBytes, bool IsReady = false)
{
    /// <summary>Whether something is there that nobody will miss; the next start of a server removes it.</summary>
    public bool BelongsToNobody => Record is null;

    public override string ToString()
    {
        List<string> parts = [];
        if (Processes > 0)
        {
            parts.Add($"{Processes} {(Processes == 1 ? "process" : "processes")}");
        }

        if (MemoryBytes is { } memory)
        {
            parts.Add($"{memory >> 20} MiB of memory");
        }

        if (HasDirectory)
        {
            parts.Add(DiskBytes is { } disk ? $"{disk >> 20} MiB of disk" : "a directory");
        }

        if (HasControlGroup)
        {
            parts.Add("a cgroup");
        }

        if (Record?.Port is { } port)
        {
            parts.Add($"port {port}");
        }

        return parts is [] ? "nothing" : string.Join(", ", parts);
    }
}
