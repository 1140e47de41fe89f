using System.Diagnostics;
using System.Threading.Channels;
using Hopx.Client;
using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>
/// Sandboxes that are ready before anybody asks. Each serves one create and then is that creator's alone, so nothing of one caller can reach another.
/// They are the first to go when the machine gets tight.
/// </summary>
internal sealed partial class WarmSandboxPool(
    WarmSandboxStore store, SandboxLaunch launch, SandboxAgents agents, SandboxAdmission admission, LaunchGate gate, ISandboxRuntime runtime, TemplateCatalog templates,
    IOptions<ControlPlaneOptions> options, TimeProvider time, ILogger<WarmSandboxPool> logger) : IAsyncDisposable
{
    private const int BurialsAtOnce = 8;

    /// <summary>No organization has it: no caller sees a sandbox of it.</summary>
    private const long Nobody = 0;

    /// <summary>One that ends sooner is not given out: its agent must not end while it is claimed.</summary>
    private static readonly TimeSpan ClaimMargin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyDictionary<string, int> _sizes = WarmSandboxSizes.TryParse(options.Value.WarmSandboxes, out var sizes) ? sizes : new Dictionary<string, int>();
    private readonly Lock _lock = new();
    private readonly List<Spare> _ready = [];
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private readonly List<Spare> _given = [];
    private readonly SemaphoreSlim _round = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private TimeSpan _backoff;
    private long _failedAt;
    private bool _isClosed;

    /// <summary>Whether any are to be kept.</summary>
    public bool IsOn => _sizes.Values.Any(size => size > 0);

    /// <summary>Says that some may be missing.</summary>
    public ChannelReader<bool> Wanted => _wanted.Reader;

    /// <summary>How many are ready, by template.</summary>
    public IReadOnlyDictionary<string, int> CountReady()
    {
        lock (_lock)
        {
            return _ready.CountBy(spare => spare.Sandbox.Record.TemplateName).ToDictionary();
        }
    }

    /// <summary>Whether a sandbox is the pool's, ready or not.</summary>
    public bool Holds(string id)
    {
        lock (_lock)
        {
            return _held.Contains(id);
        }
    }

    /// <summary>One that is ready for this template, if there is any.</summary>
    public WarmSandboxClaim? TryTake(BuiltTemplate template)
    {
        lock (_lock)
        {
            var spare = _isClosed ? null : _ready.Find(spare =>
                spare.Sandbox.BuildId == template.Manifest.BuildId && spare.Sandbox.Record.TemplateId == template.Manifest.Id && !EndsWithin(spare.Sandbox, ClaimMargin) && runtime.IsAlive(spare.Sandbox.Record.Handle!));
            if (spare is null)
            {
                return null;
            }

            _ready.Remove(spare);
            _held.Remove(spare.Sandbox.Id);
            return new WarmSandboxClaim(this, spare.Sandbox, spare.Place);
        }
    }

    /// <summary>Asks for what is missing to be made.</summary>
    public void AskForMore() => _wanted.Writer.TryWrite(true);

    /// <summary>Takes back a sandbox that was not claimed after all.</summary>
    public void PutBack(WarmSandbox sandbox, AdmissionPlace place)
    {
        lock (_lock)
        {
            _held.Add(sandbox.Id);
            (_isClosed ? _given : _ready).Add(new Spare(sandbox, place));
        }
    }

    /// <summary>Lets go of one, for a create that else would find no room; its place is free at once, and it is gone a moment later.</summary>
    public bool GiveUpOne()
    {
        lock (_lock)
        {
            if (_ready is not [var first, ..])
            {
                return false;
            }

            _ready.Remove(first);
            _given.Add(first);
            first.Place.Dispose();
        }

        AskForMore();
        return true;
    }

    /// <summary>After a start of the server: keeps what is as good as new, removes the rest.</summary>
    public async Task AdoptAsync(CancellationToken cancellationToken)
    {
        foreach (var sandbox in store.Load())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var place = admission.TakeOver(sandbox.Id, sandbox.Record.Resources);
            var isGood = IsAsGoodAsNew(sandbox);
            lock (_lock)
            {
                _held.Add(sandbox.Id);
                (isGood ? _ready : _given).Add(new Spare(sandbox, place));
            }

            if (isGood)
            {
                LogAdopted(sandbox.Id, sandbox.Record.TemplateName);
            }
        }

        await BuryGivenAsync();
    }

    /// <summary>One round: removes those that are of no use any more, and makes what is missing, as far as the machine bears it.</summary>
    public async Task RefillAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        await _round.WaitAsync(end.Token);
        try
        {
            var isTight = admission.IsUnderPressure();
            foreach (var spare in Ready())
            {
                if (isTight || !IsAsGoodAsNew(spare.Sandbox, spare))
                {
                    GiveUp(spare);
                }
            }

            if (isTight && _given.Count > 0)
            {
                LogTight(_given.Count);
            }

            await BuryGivenAsync();
            foreach (var (template, size) in _sizes)
            {
                while (!isTight && CountReady().GetValueOrDefault(template) < size && await TryMakeAsync(template, end.Token))
                {
                }
            }
        }
        finally
        {
            _round.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
        }

        await _closing.CancelAsync();
        await _round.WaitAsync(CancellationToken.None);
        foreach (var spare in Ready())
        {
            GiveUp(spare);
        }

        // Nobody would use them before a server starts again, and nobody asked for them by name.
        await BuryGivenAsync();
        _round.Dispose();
        _closing.Dispose();
    }

    private async Task<bool> TryMakeAsync(string name, CancellationToken cancellationToken)
    {
        if (_backoff > TimeSpan.Zero && time.GetElapsedTime(_failedAt) < _backoff)
        {
            return false;
        }

        try
        {
            // Whoever wants a template that is not built waits for that; the pool does not begin it.
            if (templates.FindBuilt(name) is not { } template || !await MakeAsync(template, cancellationToken))
            {
                return false;
            }

            _backoff = TimeSpan.Zero;
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            _failedAt = time.GetTimestamp();
            _backoff = _backoff == TimeSpan.Zero ? TimeSpan.FromSeconds(5) : TimeSpan.FromTicks(Math.Min(LongestBackoff.Ticks, _backoff.Ticks * 2));
            LogNotMade(name, _backoff, failure);
            return false;
        }
    }

    private async Task<bool> MakeAsync(BuiltTemplate template, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var record = new SandboxRecord
        {
            Id = SandboxId.New(now),
            OrganizationId = Nobody,
            Status = SandboxStatus.Creating,
            TemplateId = template.Manifest.Id,
            TemplateName = template.Manifest.Name,
            Resources = SandboxLaunch.ResourcesOf(template),
            ExpiresAt = now + options.Value.WarmSandboxLifetime,
            CreatedAt = now,
            UpdatedAt = now,
        };
        using var turn = gate.TryEnterIdle();
        if (turn is null || launch.Describe(template) is not { } madeWith || admission.TryReserveSpare(record.Id, record.Resources) is not { } place)
        {
            return false;
        }

        var started = time.GetTimestamp();
        await using var undo = new UndoStack(logger);
        undo.Push(place.Dispose);
        var sandbox = new WarmSandbox { Record = record, BuildId = template.Manifest.BuildId, MadeWith = madeWith };
        Hold(record.Id, undo);
        undo.Push(() => store.Remove(record.Id));
        store.Save(sandbox);
        record = record with { Handle = await launch.BootAsync(record, template, isWarm: true, cancellationToken) };
        undo.Push(() => runtime.KillAsync(record.Handle, CancellationToken.None));
        undo.Push(() => agents.Disconnect(record.Id));
        place.Runs = true;
        // Says nothing new: it opens the connection that the claim will use, and has the agent read its first token.
        await agents.SetDeadlineAsync(record, record.ExpiresAt, cancellationToken);
        sandbox = sandbox with { Record = record.In(SandboxState.Running) };
        store.Save(sandbox);
        lock (_lock)
        {
            _ready.Add(new Spare(sandbox, place));
        }

        undo.Keep();
        LogMade(record.Id, record.TemplateName, time.GetElapsedTime(started).TotalMilliseconds);
        return true;
    }

    private void Hold(string id, UndoStack undo)
    {
        lock (_lock)
        {
            _held.Add(id);
        }

        undo.Push(() =>
        {
            lock (_lock)
            {
                _held.Remove(id);
            }
        });
    }

    // With itself left out of the count: it was counted when it was made.
    private bool IsAsGoodAsNew(WarmSandbox sandbox, Spare? self = null)
    {
        var record = sandbox.Record;
        return record.State is SandboxState.Running
            && Ready().TakeWhile(spare => spare != self).Count(spare => spare.Sandbox.Record.TemplateName == record.TemplateName) < _sizes.GetValueOrDefault(record.TemplateName)
            && !EndsWithin(sandbox, options.Value.WarmSandboxLifetime / 10)
            && runtime.IsAlive(record.Handle!)
            && FindBuilt(record.TemplateName) is { } template
            && template.Manifest.BuildId == sandbox.BuildId
            && launch.Describe(template) == sandbox.MadeWith;
    }

    private BuiltTemplate? FindBuilt(string name)
    {
        try
        {
            return templates.FindBuilt(name);
        }
        catch (HopxException)
        {
            // It is no template any more.
            return null;
        }
    }

    private bool EndsWithin(WarmSandbox sandbox, TimeSpan margin) => sandbox.EndsAt - time.GetUtcNow() < margin;

    private Spare[] Ready()
    {
        lock (_lock)
        {
            return [.. _ready];
        }
    }

    private void GiveUp(Spare spare)
    {
        lock (_lock)
        {
            if (_ready.Remove(spare))
            {
                _given.Add(spare);
            }
        }
    }

    private async Task BuryGivenAsync()
    {
        Spare[] given;
        lock (_lock)
        {
            given = [.. _given];
        }

        await Parallel.ForEachAsync(given, new ParallelOptions { MaxDegreeOfParallelism = BurialsAtOnce }, async (spare, _) =>
        {
            try
            {
                agents.Disconnect(spare.Sandbox.Id);
                await runtime.KillAsync(spare.Sandbox.Record.Handle ?? runtime.HandleOfRemains(spare.Sandbox.Id), CancellationToken.None);
                // Last: while its row is there, the next server goes on with the burial.
                store.Remove(spare.Sandbox.Id);
                spare.Place.Dispose();
                lock (_lock)
                {
                    _given.Remove(spare);
                    _held.Remove(spare.Sandbox.Id);
                }
            }
            catch (Exception failure)
            {
                LogNotBuried(spare.Sandbox.Id, failure);
            }
        });
    }

    [DebuggerDisplay("{Sandbox.Id}")]
    private sealed record Spare(WarmSandbox Sandbox, AdmissionPlace Place);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} of {Template} is kept ready; it took {Milliseconds:0} ms.")]
    private partial void LogMade(string sandboxId, string template, double milliseconds);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} of {Template}, which was kept ready, was taken over.")]
    private partial void LogAdopted(string sandboxId, string template);

    [LoggerMessage(LogLevel.Warning, "Memory is short: {Count} sandboxes that were kept ready are given up.")]
    private partial void LogTight(int count);

    [LoggerMessage(LogLevel.Warning, "No sandbox of {Template} could be kept ready; this is tried again in {Wait}.")]
    private partial void LogNotMade(string template, TimeSpan wait, Exception exception);

    [LoggerMessage(LogLevel.Error, "Sandbox {SandboxId}, which was kept ready, could not be removed; this is tried again.")]
    private partial void LogNotBuried(string sandboxId, Exception exception);
}
