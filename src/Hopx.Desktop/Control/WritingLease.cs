using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>The one right to move mouse and keys. Whoever calls has it, until a person takes it; then it is that person's alone, until it ends.</summary>
internal sealed class WritingLease : IDisposable
{
    private const int LeastSeconds = 10;
    private const int MostSeconds = 3600;
    private const int DefaultSeconds = 600;
    private const int MostHolderLength = 100;
    private const int KeyBytes = 32;

    /// <summary>How long a person may be without a connection, as after a reload of the page.</summary>
    internal static readonly TimeSpan Absence = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private CancellationTokenSource _free = new();
    private Held? _held;

    public WritingLease(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => EndWhatIsOver(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Beats whenever control is taken or given back.</summary>
    public Pulse Changed { get; } = new();

    /// <summary>The take-over that ended last.</summary>
    public TakeOverReport? Last { get; private set; }

    /// <summary>Cancelled when a person takes over, so that what the agent is in the middle of ends.</summary>
    public CancellationToken Free
    {
        get
        {
            lock (_gate)
            {
                return _free.Token;
            }
        }
    }

    public bool IsTaken
    {
        get
        {
            lock (_gate)
            {
                return _held is not null;
            }
        }
    }

    /// <summary>Refuses input of everybody who is not the holder.</summary>
    public void ThrowIfTaken()
    {
        lock (_gate)
        {
            if (_held is { } held)
            {
                throw Refusal(held);
            }
        }
    }

    public DesktopControl Describe()
    {
        lock (_gate)
        {
            return _held is { } held
                ? new DesktopControl { Taken = true, Holder = held.Holder, Since = held.Since, ExpiresAt = held.Until, Last = Last }
                : new DesktopControl { Last = Last };
        }
    }

    /// <summary>Takes control. From here on the input of all others is refused, and what is under way is cut short.</summary>
    public Held Take(TakeControlRequest? request)
    {
        var length = LengthOf(request?.Seconds);
        var holder = HolderOf(request?.Holder);
        CancellationTokenSource free;
        Held held;
        lock (_gate)
        {
            if (_held is { } other)
            {
                throw Refusal(other);
            }

            var now = _time.GetUtcNow();
            held = new Held(Base64(RandomNumberGenerator.GetBytes(KeyBytes)), holder, now, now + length);
            _held = held;
            free = _free;
            Schedule(held);
        }

        free.Cancel();
        Changed.Beat();
        return held;
    }

    /// <summary>Gives the holder more time.</summary>
    public DesktopControl Renew(HeldControlRequest? request)
    {
        var length = LengthOf(request?.Seconds);
        lock (_gate)
        {
            var held = Require(request?.Lease);
            var now = _time.GetUtcNow();
            held.Until = now + length;
            held.LastSeen = now;
            Schedule(held);
        }

        return Describe();
    }

    /// <summary>Ends control on the holder's word.</summary>
    public Held Release(string? key)
    {
        Held held;
        lock (_gate)
        {
            held = Require(key);
        }

        held.End(Ending.Released);
        return held;
    }

    /// <summary>A connection of the holder, for as long as it is not disposed.</summary>
    public HolderConnection Connect(string? key)
    {
        lock (_gate)
        {
            var held = Require(key);
            held.Connections++;
            Schedule(held);
            return new HolderConnection(this, held);
        }
    }

    /// <summary>Everybody may act again.</summary>
    /// <param name="held">What has ended.</param>
    /// <param name="report">What came of it.</param>
    public void Return(Held held, TakeOverReport report)
    {
        lock (_gate)
        {
            if (_held == held)
            {
                _held = null;
                _free = new CancellationTokenSource();
                Last = report;
            }
        }

        held.Dispose();
        Changed.Beat();
    }

    public void Dispose()
    {
        _timer.Dispose();
    }

    internal HopxException Refusal()
    {
        lock (_gate)
        {
            return _held is { } held ? Refusal(held) : new HopxException(HopxErrorCode.DesktopTakenOver, "A person had control of the desktop for a moment; this was not done, or only in part. Take a screenshot to see.");
        }
    }

    private void Leave(Held held)
    {
        lock (_gate)
        {
            held.Connections--;
            held.LastSeen = _time.GetUtcNow();
            Schedule(held);
        }
    }

    private void EndWhatIsOver()
    {
        Held? over = null;
        Ending ending = default;
        lock (_gate)
        {
            if (_held is { } held)
            {
                var now = _time.GetUtcNow();
                if (now >= held.Until)
                {
                    (over, ending) = (held, Ending.Expired);
                }
                else if (held.Connections == 0 && now >= held.LastSeen + Absence)
                {
                    (over, ending) = (held, Ending.Left);
                }
                else
                {
                    Schedule(held);
                }
            }
        }

        over?.End(ending);
    }

    private void Schedule(Held held)
    {
        var end = held.Connections == 0 && held.LastSeen + Absence < held.Until ? held.LastSeen + Absence : held.Until;
        var left = end - _time.GetUtcNow();
        _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private Held Require(string? key)
    {
        if (string.IsNullOrEmpty(key))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'lease' is missing. Give the one that the answer to /desktop/control/take named.");
        }

        return _held is { IsOver: false } held && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(held.Key))
            ? held
            : throw new HopxException(HopxErrorCode.Forbidden, "This lease of the desktop's control is over, or never was. Take control again.");
    }

    private static HopxException Refusal(Held held) => new(
        HopxErrorCode.DesktopTakenOver,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{held.Holder} has taken over the desktop, since {held.Since:HH:mm:ss} UTC and until {held.Until:HH:mm:ss} UTC at the latest, unless it is prolonged. Input is refused until it is given back; screenshots still work. Wait for that: POST /desktop/control/wait answers then."));

    private static TimeSpan LengthOf(int? seconds) => (seconds ?? DefaultSeconds) is >= LeastSeconds and <= MostSeconds and var length
        ? TimeSpan.FromSeconds(length)
        : throw new HopxException(HopxErrorCode.InvalidRequest, $"'seconds' is {seconds}; control can be had for {LeastSeconds} to {MostSeconds} seconds, and can be renewed.");

    private static string HolderOf(string? holder) => holder?.Trim() switch
    {
        null or "" => "A person",
        { Length: > MostHolderLength } => throw new HopxException(HopxErrorCode.InvalidRequest, $"'holder' has {holder.Length} characters; at most {MostHolderLength} are allowed."),
        var name when name.Any(char.IsControl) => throw new HopxException(HopxErrorCode.InvalidRequest, "'holder' holds control characters. Give a name of one line."),
        var name => name,
    };

    private static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '_').TrimEnd('=');

    /// <summary>How control came back.</summary>
    internal enum Ending
    {
        Released,
        Expired,
        Left,
    }

    /// <summary>Control in the hands of a person.</summary>
    internal sealed class Held : IDisposable
    {
        private readonly TaskCompletionSource<Ending> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _streams = new();

        public Held(string key, string holder, DateTimeOffset since, DateTimeOffset until)
        {
            Key = key;
            Holder = holder;
            Since = since;
            Until = until;
            LastSeen = since;
            Ended = _streams.Token;
        }

        public string Id { get; } = Guid.NewGuid().ToString("n");

        public string Key { get; }

        public string Holder { get; }

        public DateTimeOffset Since { get; }

        public DateTimeOffset Until { get; set; }

        public DateTimeOffset LastSeen { get; set; }

        public int Connections { get; set; }

        /// <summary>Ends the holder's streams.</summary>
        public CancellationToken Ended { get; }

        public Task<Ending> Over => _over.Task;

        public bool IsOver => _over.Task.IsCompleted;

        /// <summary>What came of it, once everybody may act again.</summary>
        public TaskCompletionSource<TakeOverReport> Returned { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void End(Ending ending)
        {
            if (_over.TrySetResult(ending))
            {
                _streams.Cancel();
            }
        }

        public void Dispose() => _streams.Dispose();
    }

    /// <summary>One connection of the holder.</summary>
    internal sealed class HolderConnection(WritingLease lease, Held held) : IDisposable
    {
        private int _isOver;

        public CancellationToken Ended => held.Ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                lease.Leave(held);
            }
        }
    }
}
