using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>A system call that failed.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Without its number the failure says nothing.")]
internal sealed class NativeException(string attempt, int error) : Exception($"Cannot {attempt}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).")
{
    public int Error { get; } = error;
}
