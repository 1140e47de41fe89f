using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>A null-terminated array of C strings, as <c>exec</c> wants its arguments and environment.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int _count;

    public NativeStrings(IReadOnlyCollection<string> values)
    {
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)values.Count + 1, (nuint)sizeof(byte*));
        foreach (var value in values)
        {
            Pointer[_count++] = (byte*)Marshal.StringToCoTaskMemUTF8(value);
        }
    }

    public byte** Pointer { get; private set; }

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointer[i]);
        }

        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
