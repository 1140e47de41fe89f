using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// Reads what all runs write, on one thread, in the order in which their pipes became ready. What a run writes to one stream is never
/// reordered. Between its two streams the order is as written wherever the reader was awake in between, which takes it some tens of
/// microseconds; of what was written faster than that, all that is in the stream that became ready first comes first.
/// </summary>
internal sealed unsafe partial class OutputReader : IDisposable
{
    // What a pipe holds: one read empties it.
    private const int BufferBytes = 64 * 1024;
    private const int MaxEvents = 64;
    private const int MaxLeftBehind = 256;
    private const int ThreadStackBytes = 256 * 1024;

    private const uint Readable = 0x1;
    private const uint Failed = 0x8;
    private const uint HungUp = 0x10;
    private const uint OnChange = 1u << 31;
    private const long WakeId = 0;

    // The kernel packs the structure on x86-64 alone.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 4 : 8;

    private readonly ConcurrentDictionary<long, OutputStream> _streams = [];
    private readonly ConcurrentQueue<(RunOutput Output, bool IsToClose)> _wishes = [];
    private readonly LinkedList<RunOutput> _leftBehind = [];
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _poll;
    private readonly SafeFileHandle _wake;
    private readonly Thread _thread;
    private readonly ILogger<OutputReader> _logger;
    private long _lastId = WakeId;
    private volatile bool _isDisposed;

    public OutputReader(ILogger<OutputReader> logger)
    {
        _logger = logger;
        _poll = Own(Libc.CreatePoll(Libc.PollCloseOnExec), "watch descriptors");
        _wake = Own(Libc.CreateEvent(0, Libc.EventCloseOnExec | Libc.EventNonBlocking), "make an event");
        Watch(_wake, WakeId);
        _thread = new Thread(ReadAll, ThreadStackBytes) { IsBackground = true, Name = "Output reader" };
        _thread.Start();
    }

    private static int EventBytes => DataOffset + sizeof(long);

    /// <summary>Begins to read the streams of a run.</summary>
    public void Add(RunOutput output)
    {
        foreach (var stream in output.Streams)
        {
            _ = Libc.FileControl(stream.Pipe.Number(), Libc.SetFileFlags, OpenFlags.NonBlocking);
            var id = Interlocked.Increment(ref _lastId);
            _streams[id] = stream;
            stream.Closed = () => _streams.TryRemove(id, out _);
            Watch(stream.Pipe, id);
        }
    }

    /// <summary>Goes on with a run whose follower has caught up.</summary>
    public void Resume(RunOutput output) => Wish(output, isToClose: false);

    /// <summary>Empties what a left-behind process, such as a server in the background, still writes: else it would block, or die of its own output.</summary>
    public void LeaveBehind(RunOutput output)
    {
        RunOutput? surplus = null;
        lock (_gate)
        {
            var node = _leftBehind.AddLast(output);
            _ = output.Closed.ContinueWith(_ => Forget(node), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            if (_leftBehind.Count > MaxLeftBehind)
            {
                surplus = _leftBehind.First!.Value;
                _leftBehind.RemoveFirst();
            }
        }

        if (surplus is not null)
        {
            Wish(surplus, isToClose: true);
        }
    }

    public void NoteFailedFollower(Exception failure) => LogFollowerFailed(failure);

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Wake();
            _thread.Join();
            _poll.Dispose();
            _wake.Dispose();
        }
    }

    private static SafeFileHandle Own(int descriptor, string attempt) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new NativeException(attempt, Marshal.GetLastPInvokeError());

    private void Watch(SafeFileHandle descriptor, long id)
    {
        var readiness = stackalloc byte[EventBytes];
        Unsafe.WriteUnaligned(readiness, Readable | OnChange);
        Unsafe.WriteUnaligned(readiness + DataOffset, id);
        if (Libc.ControlPoll(_poll.Number(), Libc.PollAdd, descriptor.Number(), readiness) != 0)
        {
            throw new NativeException("watch a descriptor", Marshal.GetLastPInvokeError());
        }
    }

    private void Forget(LinkedListNode<RunOutput> node)
    {
        lock (_gate)
        {
            if (node.List is not null)
            {
                _leftBehind.Remove(node);
            }
        }
    }

    private void Wish(RunOutput output, bool isToClose)
    {
        _wishes.Enqueue((output, isToClose));
        Wake();
    }

    private void Wake()
    {
        var one = 1L;
        _ = Libc.Write(_wake.Number(), &one, sizeof(long));
    }

    private void ReadAll()
    {
        try
        {
            var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
            var turns = new Queue<RunOutput>();
            while (!_isDisposed)
            {
                NoteReadiness(turns, waits: turns.Count == 0);
                FulfilWishes(turns);
                for (var left = turns.Count; left > 0; left--)
                {
                    var output = turns.Dequeue();
                    if (output.ReadOnce(buffer))
                    {
                        turns.Enqueue(output);
                    }
                }
            }
        }
        catch (Exception failure)
        {
            LogFailed(failure);
        }
        finally
        {
            foreach (var stream in _streams.Values)
            {
                stream.Close();
            }
        }
    }

    private void NoteReadiness(Queue<RunOutput> turns, bool waits)
    {
        var size = EventBytes;
        var readiness = stackalloc byte[MaxEvents * 16];
        var count = Libc.WaitPoll(_poll.Number(), readiness, MaxEvents, waits ? -1 : 0);
        for (var i = 0; i < count; i++)
        {
            var flags = Unsafe.ReadUnaligned<uint>(readiness + (i * size));
            var id = Unsafe.ReadUnaligned<long>(readiness + (i * size) + DataOffset);
            if (id == WakeId)
            {
                long ignored;
                _ = Libc.Read(_wake.Number(), &ignored, sizeof(long));
            }
            else if (_streams.TryGetValue(id, out var stream) && stream.Output.NoteReady(stream, (flags & (HungUp | Failed)) != 0))
            {
                turns.Enqueue(stream.Output);
            }
        }
    }

    private void FulfilWishes(Queue<RunOutput> turns)
    {
        while (_wishes.TryDequeue(out var wish))
        {
            if (wish.IsToClose)
            {
                wish.Output.CloseAll();
            }
            else if (wish.Output.TakeTurn())
            {
                turns.Enqueue(wish.Output);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "What follows a run did not take its output.")]
    private partial void LogFollowerFailed(Exception failure);

    [LoggerMessage(LogLevel.Critical, "Reading the output of runs failed.")]
    private partial void LogFailed(Exception failure);
}
