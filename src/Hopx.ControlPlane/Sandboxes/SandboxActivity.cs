using System.Collections.Concurrent;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Who uses which sandbox now, and when each was used last.</summary>
internal sealed class SandboxActivity(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Use> _uses = new(StringComparer.Ordinal);

    /// <summary>A request to the sandbox's agent begins; disposing the result says that it is over. Say it before looking at the sandbox's state.</summary>
    public IDisposable Enter(string sandboxId)
    {
        var use = UseOf(sandboxId);
        Interlocked.Increment(ref use.Requests);
        return new Visit(this, use);
    }

    /// <summary>Counts as use though no request is under way.</summary>
    public void Touch(string sandboxId) => UseOf(sandboxId).LastUse = time.GetTimestamp();

    public bool IsBusy(string sandboxId) => _uses.TryGetValue(sandboxId, out var use) && Volatile.Read(ref use.Requests) > 0;

    /// <summary>How long nobody has used the sandbox; one that was never seen is seen now.</summary>
    public TimeSpan IdleFor(string sandboxId)
    {
        var use = UseOf(sandboxId);
        return Volatile.Read(ref use.Requests) > 0 ? TimeSpan.Zero : time.GetElapsedTime(use.LastUse);
    }

    public void Forget(string sandboxId) => _uses.TryRemove(sandboxId, out _);

    private Use UseOf(string sandboxId) => _uses.GetOrAdd(sandboxId, static (_, time) => new Use { LastUse = time.GetTimestamp() }, time);

    private sealed class Use
    {
        public int Requests;
        public long LastUse;
    }

    private sealed class Visit(SandboxActivity activity, Use use) : IDisposable
    {
        private Use? _use = use;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _use, null) is { } ended)
            {
                ended.LastUse = activity.Now;
                Interlocked.Decrement(ref ended.Requests);
            }
        }
    }

    private long Now => time.GetTimestamp();
}
