using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Sandboxes.Fakes;

/// <summary>A machine that runs sandboxes in a dictionary, and that says so when a server handles one as no server should.</summary>
internal sealed class FakeMachine : ISandboxRuntime
{
    private readonly ConcurrentDictionary<string, FakeSandboxFacts> _sandboxes;
    private readonly ConcurrentDictionary<string, string> _busy = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _faults = new();
    private int _lastProcess;

    public FakeMachine(IEnumerable<KeyValuePair<string, FakeSandboxFacts>>? sandboxes = null)
    {
        _sandboxes = new(sandboxes ?? [], StringComparer.Ordinal);
        _lastProcess = _sandboxes.Values.Select(facts => facts.ProcessId).DefaultIfEmpty(1_000).Max();
    }

    /// <summary>Called before and after whatever the machine is asked to do.</summary>
    public Func<string, Task> OnStep { get; set; } = static _ => Task.CompletedTask;

    public IReadOnlyDictionary<string, FakeSandboxFacts> Sandboxes => _sandboxes;

    /// <summary>What no server should have done.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>The same machine for another server.</summary>
    public FakeMachine Clone() => new(_sandboxes);

    /// <summary>The processes of a sandbox die, as by <c>kill -9</c>.</summary>
    public void Kill(string id) => _sandboxes[id] = _sandboxes[id] with { IsAlive = false, IsFrozen = false };

    /// <summary>The files of a sandbox vanish, with all else.</summary>
    public void Wipe(string id) => _sandboxes.TryRemove(id, out _);

    public void Add(string id) => _sandboxes[id] = new FakeSandboxFacts(Interlocked.Increment(ref _lastProcess), IsAlive: true, IsFrozen: false, Deadline: null);

    public Task<SandboxHandle> StartAsync(SandboxStart start, CancellationToken cancellationToken) => StepAsync(start.Id, "start", () =>
    {
        if (_sandboxes.TryGetValue(start.Id, out var before) && before.IsAlive)
        {
            _faults.Enqueue($"{start.Id} was started while it ran");
        }

        var facts = new FakeSandboxFacts(Interlocked.Increment(ref _lastProcess), IsAlive: true, IsFrozen: false, start.Deadline);
        _sandboxes[start.Id] = facts;
        return HandleOf(start.Id, facts);
    });

    public Task<SandboxHandle> StopAsync(SandboxHandle sandbox, CancellationToken cancellationToken) => StepAsync(sandbox.Id, "stop", () =>
    {
        if (_sandboxes.TryGetValue(sandbox.Id, out var facts))
        {
            _sandboxes[sandbox.Id] = facts with { IsAlive = false, IsFrozen = false };
        }

        return sandbox with { Process = null };
    });

    public Task KillAsync(SandboxHandle sandbox, CancellationToken cancellationToken) => StepAsync(sandbox.Id, "kill", () => _sandboxes.TryRemove(sandbox.Id, out _));

    public Task PauseAsync(SandboxHandle sandbox, CancellationToken cancellationToken) => StepAsync(sandbox.Id, "pause", () => Set(sandbox, frozen: true));

    public Task ResumeAsync(SandboxHandle sandbox, CancellationToken cancellationToken) => StepAsync(sandbox.Id, "resume", () => Set(sandbox, frozen: false));

    public bool IsAlive(SandboxHandle sandbox) =>
        _sandboxes.TryGetValue(sandbox.Id, out var facts) && facts.IsAlive && facts.ProcessId == sandbox.Process?.ProcessId;

    public bool IsPaused(SandboxHandle sandbox) => _sandboxes.TryGetValue(sandbox.Id, out var facts) && facts.IsFrozen;

    public bool HasFiles(string id) => _sandboxes.ContainsKey(id);

    public SandboxUsage MeasureUsage(SandboxHandle sandbox) => new(TimeSpan.Zero, 1 << 20, 1, 1 << 20, 0, 0);

    public Task<SandboxDiskUsage> MeasureDiskAsync(SandboxHandle sandbox, CancellationToken cancellationToken) => Task.FromResult(new SandboxDiskUsage(1 << 20));

    public void TrimLog(SandboxHandle sandbox)
    {
    }

    public SandboxRemains FindRemains()
    {
        var alive = _sandboxes.Where(pair => pair.Value.IsAlive).ToDictionary();
        return new SandboxRemains(
            _sandboxes.Keys.ToHashSet(),
            alive.Keys.ToHashSet(),
            alive.Keys.ToHashSet(),
            alive.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<ProcessIdentity>)[new ProcessIdentity(pair.Value.ProcessId, 1)]));
    }

    public SandboxHandle HandleOfRemains(string id) => new() { Id = id, Directory = "/nowhere/" + id };

    public HttpMessageHandler CreateTransport(SandboxHandle sandbox) => new FakeAgent(this, sandbox.Id);

    private static SandboxHandle HandleOf(string id, FakeSandboxFacts facts) => new()
    {
        Id = id,
        Directory = "/nowhere/" + id,
        Process = new ProcessIdentity(facts.ProcessId, 1),
        Enforcement = new LimitEnforcement(EnforcedBy.Kernel, EnforcedBy.Kernel, EnforcedBy.Kernel, EnforcedBy.Kernel),
    };

    private bool Set(SandboxHandle sandbox, bool frozen)
    {
        if (!_sandboxes.TryGetValue(sandbox.Id, out var facts) || !facts.IsAlive)
        {
            throw new HopxException(HopxErrorCode.SandboxNotRunning, $"Sandbox '{sandbox.Id}' has no cgroup, so it does not run.");
        }

        _sandboxes[sandbox.Id] = facts with { IsFrozen = frozen };
        return true;
    }

    private async Task<T> StepAsync<T>(string id, string what, Func<T> act)
    {
        if (!_busy.TryAdd(id, what))
        {
            _faults.Enqueue($"{what} of {id} began before the {_busy.GetValueOrDefault(id)} was over");
        }

        try
        {
            await OnStep($"before {what}");
            var result = act();
            await OnStep($"after {what}");
            return result;
        }
        finally
        {
            _busy.TryRemove(id, out _);
        }
    }

    private sealed class FakeAgent(FakeMachine machine, string id) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var path = request.RequestUri!.AbsolutePath;
            await machine.OnStep("before " + path);
            if (!machine._sandboxes.TryGetValue(id, out var facts) || !facts.IsAlive)
            {
                throw new HttpRequestException($"The agent of {id} is not there.");
            }

            if (facts.IsFrozen)
            {
                machine._faults.Enqueue($"The frozen agent of {id} was asked for {path}");
                throw new HttpRequestException($"The agent of {id} is frozen.");
            }

            if (path == "/control/deadline")
            {
                var told = JsonSerializer.Deserialize(await request.Content!.ReadAsStringAsync(cancellationToken), HopxJson.Default.DeadlineRequest)!;
                machine._sandboxes[id] = facts with { Deadline = told.Deadline };
            }

            await machine.OnStep("after " + path);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}") };
        }
    }
}

/// <summary>A sandbox of the fake machine.</summary>
internal sealed record FakeSandboxFacts(int ProcessId, bool IsAlive, bool IsFrozen, DateTimeOffset? Deadline)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"process {ProcessId}, alive {IsAlive}, frozen {IsFrozen}");
}
