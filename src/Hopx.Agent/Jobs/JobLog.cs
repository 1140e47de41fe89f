using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// Bytes that are only ever appended, in memory as long as they are few and in a file then. Of more than the limit the beginning and the end are kept;
/// the middle becomes a hole in the file, so an offset means the same for ever. What a full disk does not take is a hole as well.
/// </summary>
internal sealed class JobLog(JobStorage storage, string job, string name, long limitBytes, int memoryBytes) : IDisposable
{
    private const int Block = 4096;
    private const int PunchHole = 0x02;
    private const int KeepSize = 0x01;

    private readonly Lock _gate = new();
    private readonly long _headBytes = limitBytes / 2 / Block * Block;
    private readonly long _tailBytes = limitBytes / 2 / Block * Block;
    private byte[]? _memory = [];
    private int _memoryBytes = memoryBytes;
    private SafeFileHandle? _file;
    private long _length;
    private long _holeStart;
    private long _holeEnd;
    private long _taken;
    private bool _cannotPunch;
    private bool _isDisposed;

    /// <summary>All that was ever appended.</summary>
    public long Length
    {
        get
        {
            lock (_gate)
            {
                return _length;
            }
        }
    }

    public bool IsOnDisk
    {
        get
        {
            lock (_gate)
            {
                return _file is not null;
            }
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_memory is not null && _length + bytes.Length <= _memoryBytes)
            {
                if (_memory.Length < _length + bytes.Length)
                {
                    Array.Resize(ref _memory, (int)Math.Min(_memoryBytes, Math.Max(256, 2 * (_length + bytes.Length))));
                }

                bytes.CopyTo(_memory.AsSpan((int)_length));
                _length += bytes.Length;
                return;
            }

            MoveToDisk();
            var start = _length;
            _length += bytes.Length;
            if (!TryStore(bytes, start))
            {
                WidenHole(start, _length);
            }

            PunchMiddle();
        }
    }

    /// <summary>Moves what is there to disk, and all that comes. Without a disk it stays where it is.</summary>
    public void Spill()
    {
        lock (_gate)
        {
            _memoryBytes = 0;
            if (_length > 0 && !_isDisposed)
            {
                MoveToDisk();
            }
        }
    }

    /// <summary>Reads what is there from an offset on; what is not kept is skipped.</summary>
    /// <param name="offset">Where to begin; moved on when nothing is kept there.</param>
    /// <param name="buffer">Takes the bytes.</param>
    /// <returns>How many; 0 at the end.</returns>
    public int Read(ref long offset, Span<byte> buffer)
    {
        lock (_gate)
        {
            if (offset >= _holeStart && offset < _holeEnd)
            {
                offset = _holeEnd;
            }

            var count = (int)Math.Min(buffer.Length, (offset < _holeStart ? _holeStart : _length) - offset);
            if (count <= 0 || _isDisposed)
            {
                return 0;
            }

            if (_memory is not null)
            {
                _memory.AsSpan((int)offset, count).CopyTo(buffer);
                return count;
            }

            var read = _file is null ? 0 : RandomAccess.Read(_file, buffer[..count], offset);
            if (read == 0)
            {
                // Code in the sandbox has cut the file.
                offset += count;
            }

            return read;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _memory = null;
            _file?.Dispose();
            storage.Give(_taken);
            _taken = 0;
        }
    }

    private void MoveToDisk()
    {
        if (_memory is not { } memory)
        {
            return;
        }

        _memory = null;
        if (_length > 0 && !TryStore(memory.AsSpan(0, (int)_length), 0))
        {
            WidenHole(0, _length);
        }
    }

    private bool TryStore(ReadOnlySpan<byte> bytes, long offset)
    {
        if ((_cannotPunch && offset + bytes.Length > limitBytes) || !storage.TryTake(bytes.Length))
        {
            return false;
        }

        try
        {
            _file ??= storage.Create(job, name);
            if (_file is not null)
            {
                RandomAccess.Write(_file, bytes, offset);
                _taken += bytes.Length;
                return true;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            storage.Note(failure);
        }

        storage.Give(bytes.Length);
        return false;
    }

    private void WidenHole(long start, long end)
    {
        _holeStart = _holeEnd == 0 ? start : Math.Min(_holeStart, start);
        _holeEnd = Math.Max(_holeEnd, end);
    }

    // Not at every write: a quarter of the end at a time.
    private void PunchMiddle()
    {
        if (_file is null || _cannotPunch || _length - Math.Max(_headBytes, _holeEnd) <= _tailBytes + (_tailBytes / 4))
        {
            return;
        }

        var start = _holeEnd == 0 ? _headBytes : _holeEnd / Block * Block;
        var end = (_length - _tailBytes) / Block * Block;
        if (Libc.Allocate(_file.Number(), PunchHole | KeepSize, start, end - start) == 0)
        {
            var given = Math.Min(_taken, end - Math.Max(start, _holeEnd));
            _taken -= given;
            storage.Give(given);
            WidenHole(_holeEnd == 0 ? start : _holeStart, end);
        }
        else
        {
            storage.Note(new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())));
            _cannotPunch = true;
        }
    }
}
