using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>What a kernel writes to one of its two streams: the code that runs takes it, or what little is kept for the next.</summary>
internal sealed unsafe class KernelStream : IDisposable
{
    private const int KeptBytes = 64 * 1024;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private BoundedOutput? _early;
    private int _unreadAtEnd;
    private Task? _following;

    private KernelStream(OutputKind kind, SafeFileHandle readEnd)
    {
        Kind = kind;
        ReadEnd = readEnd;
    }

    public OutputKind Kind { get; }

    public SafeFileHandle ReadEnd { get; }

    /// <summary>Whether every writer has closed it.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether an observer still takes its time with what was read; nothing more is read until then.</summary>
    public bool IsBusy => _following is { IsCompleted: false };

    public static KernelStream Create(OutputKind kind, out SafeFileHandle writeEnd)
    {
        (var readEnd, writeEnd) = Descriptor.CreatePipe();
        _ = Libc.FileControl(readEnd.Number(), Libc.SetFileFlags, OpenFlags.NonBlocking);
        return new KernelStream(kind, readEnd);
    }

    /// <summary>Reads once.</summary>
    /// <param name="cell">Takes it; null when nothing runs.</param>
    /// <param name="wake">Called when a slow observer has done.</param>
    /// <returns>False when there was nothing.</returns>
    public bool Read(KernelCell? cell, Action wake)
    {
        nint read;
        fixed (byte* start = _buffer)
        {
            read = Libc.Read(ReadEnd.Number(), start, _buffer.Length);
        }

        if (read <= 0)
        {
            IsClosed |= read == 0 || Marshal.GetLastPInvokeError() is not (Errno.TryAgain or Errno.Interrupted);
            return false;
        }

        _unreadAtEnd -= (int)read;
        Deliver(_buffer.AsMemory(0, (int)read), cell, wake);
        return true;
    }

    /// <summary>Gives the next code what came before it began.</summary>
    public void Begin(KernelCell cell, Action wake)
    {
        if (_early is { } early)
        {
            _early = null;
            Deliver(early.ToHeadBytes(), cell, wake);
        }
    }

    /// <summary>Notes how much there is of code that has ended; what comes later is not its.</summary>
    public void MarkEnd()
    {
        int unread;
        _unreadAtEnd = Libc.CountUnread(ReadEnd.Number(), Libc.UnreadBytes, &unread) == 0 ? unread : 0;
    }

    /// <summary>Whether all that was there at the end is read and taken.</summary>
    public bool IsAtEnd => !IsBusy && (IsClosed || _unreadAtEnd <= 0);

    public void Dispose() => ReadEnd.Dispose();

    private void Deliver(ReadOnlyMemory<byte> bytes, KernelCell? cell, Action wake)
    {
        if (cell is null)
        {
            (_early ??= BoundedOutput.Head(KeptBytes)).Append(bytes.Span);
            return;
        }

        (Kind is OutputKind.Stdout ? cell.Stdout : cell.Stderr).Append(bytes.Span);
        var following = cell.Observer.OnOutputAsync(Kind, bytes);
        if (!following.IsCompletedSuccessfully)
        {
            // A failure of whoever follows is its own; the run goes on.
            _following = following.AsTask().ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            _ = _following.ContinueWith(_ => wake(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
