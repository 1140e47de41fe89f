using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Bounds how many runs go on at once.</summary>
internal sealed class RunSlots(IOptions<ProcessOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.Value.MaxConcurrentRuns);

    public Slot Take() => _free.Wait(0)
        ? new Slot(_free)
        : throw new HopxException(
            HopxErrorCode.ResourceLimitError,
            $"{options.Value.MaxConcurrentRuns} runs are going on in this sandbox, and no more are allowed at once. Wait for one to end, or run long ones in the background.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };

    public void Dispose() => _free.Dispose();

    /// <summary>A place that is given back when disposed.</summary>
    public readonly struct Slot(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
