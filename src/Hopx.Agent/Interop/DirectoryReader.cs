using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Reads the entries of a directory as the kernel gives them: many at a call, names as bytes.</summary>
internal sealed unsafe class DirectoryReader : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private const int OffsetOfLength = 16;
    private const int OffsetOfType = 18;
    private const int OffsetOfName = 19;

    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(BufferBytes);
    private int _directory;
    private int _length;
    private int _position;
    private byte* _entry;
    private int _nameLength;

    public byte Type => _entry[OffsetOfType];

    /// <summary>The name, good until the next entry is read.</summary>
    public ReadOnlySpan<byte> Name => new(_entry + OffsetOfName, _nameLength);

    /// <summary>The name, ended by a zero.</summary>
    public byte* NamePointer => _entry + OffsetOfName;

    /// <summary>The names in a directory.</summary>
    /// <param name="directory">Opened for reading, and not yet read.</param>
    /// <param name="limit">How many are read at most.</param>
    public static List<string> ReadNames(SafeFileHandle directory, int limit)
    {
        using var reader = new DirectoryReader();
        reader.Start(directory.Number());
        var names = new List<string>();
        while (names.Count < limit && reader.MoveNext())
        {
            names.Add(FileNames.ToText(reader.Name));
        }

        return names;
    }

    /// <summary>Begins with another directory, whose descriptor stays the caller's.</summary>
    public void Start(int directory)
    {
        _directory = directory;
        _length = _position = 0;
    }

    /// <summary>Goes to the next entry other than <c>.</c> and <c>..</c>.</summary>
    public bool MoveNext()
    {
        while (true)
        {
            if (_position >= _length)
            {
                _position = 0;
                _length = (int)Libc.ReadDirectory(_directory, _buffer, BufferBytes);
                if (_length < 0)
                {
                    // One that was removed meanwhile has no entries.
                    _length = 0;
                    return Marshal.GetLastPInvokeError() is var error and not Errno.NotFound ? throw new NativeException("read a directory", error) : false;
                }

                if (_length == 0)
                {
                    return false;
                }
            }

            _entry = _buffer + _position;
            _position += *(ushort*)(_entry + OffsetOfLength);
            _nameLength = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(_entry + OffsetOfName).Length;
            if (!(_entry[OffsetOfName] == '.' && (_nameLength == 1 || (_nameLength == 2 && _entry[OffsetOfName + 1] == '.'))))
            {
                return true;
            }
        }
    }

    public void Dispose() => NativeMemory.Free(_buffer);
}
