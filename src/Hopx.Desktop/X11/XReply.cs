using System.Buffers.Binary;

namespace Hopx.Desktop;

/// <summary>A reply or event of the X server, in the wire's layout; disposing gives its memory back.</summary>
internal readonly unsafe ref struct XReply(byte* memory)
{
    public bool IsNull => memory is null;

    public byte* Pointer => memory;

    public byte Byte(int offset) => memory[offset];

    public ushort Short(int offset) => *(ushort*)(memory + offset);

    public short Signed(int offset) => *(short*)(memory + offset);

    public uint Number(int offset) => *(uint*)(memory + offset);

    /// <summary>What follows the 32 bytes that every reply has.</summary>
    public ReadOnlySpan<byte> Rest => new(memory + 32, checked((int)Math.Min(Number(4) * 4L, int.MaxValue)));

    public static uint NumberAt(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * 4)..]);

    public void Dispose()
    {
        if (memory is not null)
        {
            Xcb.Free(memory);
        }
    }
}
