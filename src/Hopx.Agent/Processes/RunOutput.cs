using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// What one run writes: kept within bounds, and passed on to its follower in the order in which it was read. A follower that is slow
/// stops the reading of this run alone, so that its processes wait and nothing is lost.
/// </summary>
internal sealed class RunOutput
{
    // What waits for the follower at most, beside one more read.
    private const int MaxPendingBytes = 256 * 1024;
    private const int MaxPendingChunks = 1024;

    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(50);

    private readonly OutputReader _reader;
    private readonly TimeProvider _time;
    private readonly Queue<OutputStream> _ready = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Queue<(OutputKind Kind, byte[] Bytes, int Length)> _pending = [];
    private readonly RunObserver? _follower;
    private readonly InputWaitWatch? _watch;
    private TaskCompletionSource? _delivered;
    private bool _hasTurn;
    private int _pendingBytes;
    private bool _isDelivering;
    private bool _isHeldUp;
    private volatile bool _isLeft;
    private volatile bool _keepsNothing;
    private long _lastRead;
    private long _lastProgress;

    /// <param name="reader">Reads it.</param>
    /// <param name="pipes">Read ends: stdout, stderr, and possibly one more.</param>
    /// <param name="kept">Where each is kept.</param>
    /// <param name="observer">Follows the first two.</param>
    /// <param name="watch">Is shown them too, as they may be questions.</param>
    /// <param name="time">The clock.</param>
    public RunOutput(
        OutputReader reader, IReadOnlyList<SafeFileHandle> pipes, IReadOnlyList<BoundedOutput> kept, RunObserver observer, InputWaitWatch? watch, TimeProvider time)
    {
        _watch = watch;
        _reader = reader;
        _time = time;
        _follower = ReferenceEquals(observer, RunObserver.None) ? null : observer;
        _lastRead = _lastProgress = time.GetTimestamp();
        Streams = [.. pipes.Select((pipe, i) => new OutputStream(pipe, i switch { 0 => OutputKind.Stdout, 1 => OutputKind.Stderr, _ => null }, kept[i]) { Output = this })];
    }

    public IReadOnlyList<OutputStream> Streams { get; }

    /// <summary>Whether it comes from a terminal, of which one read gives little, whatever there is.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Done when every writer of every stream has gone.</summary>
    public Task Closed => _closed.Task;

    /// <summary>
    /// Waits until all output is passed on once the process has ended. Usually all writers are gone with it; a server in the
    /// background may hold the pipes for days, so after a grace what comes later belongs to nobody.
    /// </summary>
    /// <param name="grace">For what left-behind processes still write.</param>
    /// <param name="patience">With a follower that takes nothing.</param>
    public async Task EndAsync(TimeSpan grace, TimeSpan patience)
    {
        var started = _time.GetTimestamp();
        while (!await HappensAsync(_closed.Task, QuietTime).ConfigureAwait(false))
        {
            if (IsHeldUp())
            {
                if (_time.GetElapsedTime(Interlocked.Read(ref _lastProgress)) > patience)
                {
                    break;
                }

                // Nothing could be read meanwhile.
                started = _time.GetTimestamp();
                continue;
            }

            var waited = _time.GetElapsedTime(started);
            var isQuiet = _time.GetElapsedTime(Interlocked.Read(ref _lastRead)) >= QuietTime;
            if (waited >= (isQuiet ? grace : 2 * grace))
            {
                break;
            }
        }

        _isLeft = true;
        var delivered = WhenDelivered();
        while (!await HappensAsync(delivered, QuietTime).ConfigureAwait(false) && _time.GetElapsedTime(Interlocked.Read(ref _lastProgress)) <= patience)
        {
        }
    }

    /// <summary>Keeps and passes on nothing more, but goes on emptying the pipes.</summary>
    public void LeaveBehind()
    {
        _isLeft = true;
        _keepsNothing = true;
        if (!_closed.Task.IsCompleted)
        {
            _reader.LeaveBehind(this);
            _reader.Resume(this);
        }
    }

    /// <summary>For the reading thread: a stream has something.</summary>
    /// <returns>Whether the run has to be given a turn.</returns>
    public bool NoteReady(OutputStream stream, bool hasHungUp)
    {
        stream.HasHungUp |= hasHungUp;
        if (!stream.IsReady && !stream.IsClosed)
        {
            stream.IsReady = true;
            _ready.Enqueue(stream);
        }

        return TakeTurn();
    }

    /// <summary>For the reading thread: whether there is something to read and it may be read.</summary>
    public bool TakeTurn()
    {
        if (_hasTurn || _ready.Count == 0 || HoldUp())
        {
            return false;
        }

        _hasTurn = true;
        return true;
    }

    /// <summary>For the reading thread: one read.</summary>
    /// <returns>Whether another turn is due.</returns>
    public bool ReadOnce(byte[] buffer)
    {
        _hasTurn = false;
        if (_ready.Count == 0 || HoldUp())
        {
            return false;
        }

        var stream = _ready.Dequeue();
        stream.IsReady = false;
        var read = stream.IsClosed ? -1 : stream.Read(buffer);
        if (read > 0)
        {
            Interlocked.Exchange(ref _lastRead, _time.GetTimestamp());
            Take(stream, buffer.AsSpan(0, read));
            // A full read may have left something, and after the end of all writers nothing more is told.
            if (read == buffer.Length || stream.HasHungUp || IsTerminal)
            {
                stream.IsReady = true;
                _ready.Enqueue(stream);
            }
        }
        else if (read == 0)
        {
            stream.Close();
            if (Streams.All(one => one.IsClosed))
            {
                _closed.TrySetResult();
            }
        }

        return TakeTurn();
    }

    /// <summary>For the reading thread: gives up.</summary>
    public void CloseAll()
    {
        foreach (var stream in Streams)
        {
            stream.Close();
        }

        _ready.Clear();
        _closed.TrySetResult();
    }

    private async Task<bool> HappensAsync(Task task, TimeSpan within)
    {
        try
        {
            await task.WaitAsync(within, _time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Take(OutputStream stream, ReadOnlySpan<byte> bytes)
    {
        if (_keepsNothing)
        {
            return;
        }

        stream.Kept.Append(bytes);
        if (stream.Kind is { } kind)
        {
            _watch?.NoteOutput(bytes);
            PassOn(kind, bytes);
        }
    }

    private void PassOn(OutputKind kind, ReadOnlySpan<byte> bytes)
    {
        if (_follower is null || _isLeft)
        {
            return;
        }

        var copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        lock (_gate)
        {
            _pending.Enqueue((kind, copy, bytes.Length));
            _pendingBytes += copy.Length;
            if (_isDelivering)
            {
                return;
            }

            _isDelivering = true;
            Interlocked.Exchange(ref _lastProgress, _time.GetTimestamp());
        }

        ThreadPool.UnsafeQueueUserWorkItem(static output => _ = output.DeliverAsync(), this, preferLocal: false);
    }

    // A follower that fails gets the rest all the same: whether it still wants it is for it to say, and the run must come to its end.
    private async Task DeliverAsync()
    {
        while (true)
        {
            (OutputKind Kind, byte[] Bytes, int Length) chunk;
            lock (_gate)
            {
                if (!_pending.TryDequeue(out chunk))
                {
                    _isDelivering = false;
                    _delivered?.TrySetResult();
                    _delivered = null;
                    return;
                }
            }

            try
            {
                await _follower!.OnOutputAsync(chunk.Kind, chunk.Bytes.AsMemory(0, chunk.Length)).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                _reader.NoteFailedFollower(failure);
            }

            Interlocked.Exchange(ref _lastProgress, _time.GetTimestamp());
            ArrayPool<byte>.Shared.Return(chunk.Bytes);
            bool resumes;
            lock (_gate)
            {
                _pendingBytes -= chunk.Bytes.Length;
                resumes = _isHeldUp && _pendingBytes <= MaxPendingBytes / 2 && _pending.Count <= MaxPendingChunks / 2;
                _isHeldUp &= !resumes;
            }

            if (resumes)
            {
                _reader.Resume(this);
            }
        }
    }

    private bool HoldUp()
    {
        lock (_gate)
        {
            _isHeldUp |= _pendingBytes >= MaxPendingBytes || _pending.Count >= MaxPendingChunks;
            return _isHeldUp && !_isLeft;
        }
    }

    private bool IsHeldUp()
    {
        lock (_gate)
        {
            return _isHeldUp;
        }
    }

    private Task WhenDelivered()
    {
        lock (_gate)
        {
            return _isDelivering ? (_delivered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }
}
