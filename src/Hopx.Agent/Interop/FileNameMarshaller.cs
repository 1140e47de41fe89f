using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace Hopx.Agent;

/// <summary>Passes the names of files to the system as <see cref="FileNames"/> writes them.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(ManagedToNative))]
internal static unsafe class FileNameMarshaller
{
    public ref struct ManagedToNative
    {
        private byte* _name;
        private bool _isAllocated;

        public static int BufferSize => 512;

        public void FromManaged(string name, Span<byte> buffer)
        {
            var needed = FileNames.CountBytes(name) + 1;
            if (needed > buffer.Length)
            {
                _name = (byte*)NativeMemory.Alloc((nuint)needed);
                _isAllocated = true;
                buffer = new Span<byte>(_name, needed);
            }
            else
            {
                // On the stack of the call, so it stays where it is.
                _name = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer));
            }

            _ = FileNames.Write(name, buffer);
        }

        public readonly byte* ToUnmanaged() => _name;

        public readonly void Free()
        {
            if (_isAllocated)
            {
                NativeMemory.Free(_name);
            }
        }
    }
}
