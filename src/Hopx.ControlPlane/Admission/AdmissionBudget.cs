namespace Hopx.ControlPlane.Admission;

/// <summary>What sandboxes may use together, and what they could at the most.</summary>
internal sealed record AdmissionBudget(int Sandboxes, long MemoryMib, long MemoryBudgetMib, long Processes, long ProcessBudget, MachineState Machine);
