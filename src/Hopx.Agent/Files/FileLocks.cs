namespace Hopx.Agent;

/// <summary>Lets one at a time change a file, so that no change is lost. Two files may share a lock; no number of files makes more of them.</summary>
internal sealed class FileLocks : IDisposable
{
    private readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];

    /// <param name="path">Where the file really is.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<IDisposable> AcquireAsync(SandboxPath path, CancellationToken cancellationToken)
    {
        var own = _locks[(uint)string.GetHashCode(path.Full, StringComparison.Ordinal) % (uint)_locks.Length];
        await own.WaitAsync(cancellationToken);
        return new Hold(own);
    }

    public void Dispose()
    {
        foreach (var one in _locks)
        {
            one.Dispose();
        }
    }

    private sealed class Hold(SemaphoreSlim held) : IDisposable
    {
        private SemaphoreSlim? _held = held;

        public void Dispose() => Interlocked.Exchange(ref _held, null)?.Release();
    }
}
