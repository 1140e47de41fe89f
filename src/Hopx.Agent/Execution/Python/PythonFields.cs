using System.Buffers.Binary;
using System.Text;

namespace Hopx.Agent;

/// <summary>The fields of a message, each with its length before it. What is cut off or malformed ends them.</summary>
internal ref struct PythonFields(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool TryNext(out ReadOnlySpan<byte> field)
    {
        field = default;
        if (_rest.Length < sizeof(int) || BinaryPrimitives.ReadInt32BigEndian(_rest) is not (>= 0 and var length) || length > _rest.Length - sizeof(int))
        {
            _rest = default;
            return false;
        }

        field = _rest.Slice(sizeof(int), length);
        _rest = _rest[(sizeof(int) + length)..];
        return true;
    }

    public string? NextText() => TryNext(out var field) ? Encoding.UTF8.GetString(field) : null;
}
