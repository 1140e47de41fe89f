using System.Collections.Concurrent;
using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Pauses sandboxes that nobody uses, where the operator wants that.</summary>
internal sealed partial class IdleSandboxes(
    SandboxStore store, SandboxGate gate, SandboxPausing pausing, SandboxActivity activity, ISandboxRuntime runtime,
    IOptions<ControlPlaneOptions> options, TimeProvider time, ILogger<IdleSandboxes> logger)
{
    /// <summary>A sandbox that takes more than this share of one processor works, also when nobody waits for it.</summary>
    private const double WorkingShare = 0.05;

    private readonly ConcurrentDictionary<string, (long At, TimeSpan Used)> _samples = new(StringComparer.Ordinal);

    /// <summary>One round.</summary>
    public async Task SweepAsync()
    {
        var patience = options.Value.IdlePauseAfter;
        foreach (var id in _samples.Keys.Where(id => !store.TryFind(id, out _)))
        {
            _samples.TryRemove(id, out _);
        }

        foreach (var record in store.All.Where(record => record.State is SandboxState.Running))
        {
            try
            {
                NoteWork(record);
                if (activity.IdleFor(record.Id) >= patience)
                {
                    await gate.TryEnterAsync(record.Id, current => pausing.FallAsleepAsync(current, $"Nobody used it for {patience.TotalSeconds:0.#} s; the next request wakes it."));
                }
            }
            catch (Exception failure)
            {
                // It stays awake; the next tick tries again.
                LogFailed(record.Id, failure);
            }
        }
    }

    private void NoteWork(SandboxRecord record)
    {
        var now = time.GetTimestamp();
        var used = runtime.MeasureUsage(record.Handle!).CpuTime ?? TimeSpan.Zero;
        if (_samples.TryGetValue(record.Id, out var before) && used - before.Used > time.GetElapsedTime(before.At, now) * WorkingShare)
        {
            activity.Touch(record.Id);
        }

        _samples[record.Id] = (now, used);
    }

    [LoggerMessage(LogLevel.Warning, "Sandbox {SandboxId} is idle but could not be paused; this is tried again.")]
    private partial void LogFailed(string sandboxId, Exception exception);
}
