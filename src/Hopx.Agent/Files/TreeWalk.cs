using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// Goes through all that lies beneath a directory, each directory before what is in it, without following links and however deep it is. Made for a hundred thousand files:
/// names are bytes, and nothing is made for an entry but for a directory.
/// </summary>
/// <param name="top">Where to begin; stays the caller's.</param>
/// <param name="excluded">Names that are passed over wherever they stand, with all that is in them.</param>
/// <param name="entered">Is told of each directory before its entries are read.</param>
internal sealed unsafe class TreeWalk(SafeFileHandle top, IReadOnlyCollection<string>? excluded = null, Action<SafeFileHandle, byte[]>? entered = null) : IDisposable
{
    public const byte Directory = 4;
    public const byte Regular = 8;
    public const byte Link = 10;

    private const byte UnknownType = 0;

    // A path from a directory that is held open may be this long; below it another one is opened.
    private const int MaxRelativeBytes = 3000;
    private const int MaxPending = 1_000_000;

    private readonly DirectoryReader _reader = new();
    private readonly byte[][] _excluded = [.. (excluded ?? []).Select(name => Encoding.UTF8.GetBytes(name))];
    private readonly Stack<Pending> _pending = new();
    private SafeFileHandle? _current;
    private Pending _where = new(new Anchor(top), [], []);
    private byte _type;
    private bool _isStarted;

    /// <summary>The opened directory that the entry is in.</summary>
    public SafeFileHandle Parent => _current!;

    /// <summary>The entry's name, good until the next one.</summary>
    public ReadOnlySpan<byte> Name => _reader.Name;

    /// <summary>The same, ended by a zero.</summary>
    public byte* NamePointer => _reader.NamePointer;

    /// <summary>The directory that the entry is in, relative to the top; empty for the top itself.</summary>
    public ReadOnlySpan<byte> ParentPath => _where.Path;

    /// <summary>One of the kernel's types of entries, such as <see cref="Directory"/>.</summary>
    public byte Type => _type;

    /// <summary>Directories that could not be read, or were too many to remember.</summary>
    public int Unread { get; private set; }

    /// <summary>The entry's path relative to the top.</summary>
    public string GetPath() => FileNames.ToText(Join(_where.Path, Name));

    public bool MoveNext()
    {
        if (!_isStarted)
        {
            _isStarted = true;
            if (!Open(_where))
            {
                return false;
            }
        }

        while (true)
        {
            if (_current is null || !_reader.MoveNext())
            {
                if (!OpenNext())
                {
                    return false;
                }

                continue;
            }

            if (IsExcluded(_reader.Name))
            {
                continue;
            }

            _type = _reader.Type;
            if (_type == UnknownType && !LookUpType())
            {
                continue;
            }

            if (_type == Directory)
            {
                Remember();
            }

            return true;
        }
    }

    public void Dispose()
    {
        _current?.Dispose();
        _where.Anchor.Release();
        while (_pending.TryPop(out var pending))
        {
            pending.Anchor.Release();
        }

        _reader.Dispose();
    }

    private static byte[] Join(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> name) =>
        parent.Length == 0 ? name.ToArray() : [.. parent, (byte)'/', .. name];

    private bool IsExcluded(ReadOnlySpan<byte> name)
    {
        foreach (var excluded in _excluded)
        {
            if (name.SequenceEqual(excluded))
            {
                return true;
            }
        }

        return false;
    }

    private bool LookUpType()
    {
        const uint TypeField = 1;
        Libc.FileStatus status;
        if (Libc.Stat(_current!.Number(), NamePointer, Libc.AtSymlinkNoFollow, TypeField, &status) != 0)
        {
            return false;
        }

        // The kernel's types of entries are the type bits of the mode.
        _type = (byte)(status.Mode >> 12);
        return true;
    }

    private void Remember()
    {
        if (_pending.Count == MaxPending)
        {
            Unread++;
            return;
        }

        var relative = Join(_where.Relative, Name);
        _where.Anchor.Hold();
        _pending.Push(new Pending(_where.Anchor, relative, Join(_where.Path, Name)));
    }

    private bool OpenNext()
    {
        _current?.Dispose();
        _current = null;
        while (_pending.TryPop(out var next))
        {
            _where.Anchor.Release();
            _where = next;
            if (Open(next))
            {
                return true;
            }
        }

        return false;
    }

    private bool Open(Pending pending)
    {
        _current = BeneathDirectory.TryOpen(pending.Anchor.Directory, pending.Relative.Length == 0 ? [(byte)'.', 0] : [.. pending.Relative, 0], out var error);
        if (_current is null)
        {
            // What was removed or replaced meanwhile is not there.
            Unread += error is Errno.NotFound or Errno.NotADirectory or Errno.TooManyLinks ? 0 : 1;
            return false;
        }

        if (pending.Relative.Length > MaxRelativeBytes)
        {
            pending.Anchor.Release();
            _where = pending with { Anchor = new Anchor(BeneathDirectory.TryOpen(_current, [(byte)'.', 0], out _)!, owns: true), Relative = [] };
        }

        entered?.Invoke(_current, pending.Path);
        _reader.Start(_current.Number());
        return true;
    }

    private sealed record Pending(Anchor Anchor, byte[] Relative, byte[] Path);

    /// <summary>A directory that is held open as long as something beneath it is still to be read.</summary>
    private sealed class Anchor(SafeFileHandle directory, bool owns = false)
    {
        private int _users = 1;

        public SafeFileHandle Directory => directory;

        public void Hold() => _users++;

        public void Release()
        {
            if (--_users == 0 && owns)
            {
                directory.Dispose();
            }
        }
    }
}
