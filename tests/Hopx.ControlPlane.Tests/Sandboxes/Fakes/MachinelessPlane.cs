using Hopx.Client;
using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Events;
using Hopx.ControlPlane.Operations;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.Templates;
using Hopx.ControlPlane.WarmPool;
using Hopx.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Tests.Sandboxes.Fakes;

/// <summary>All of the control plane but its HTTP, on a machine that is none.</summary>
internal sealed class MachinelessPlane : IAsyncDisposable
{
    public static readonly Caller Owner = new("owner", OrganizationId: 1);
    public static readonly Caller Colleague = new("colleague", OrganizationId: 1);
    public static readonly Caller Stranger = new("stranger", OrganizationId: 2);

    private readonly ServiceProvider _services;

    private MachinelessPlane(PreparedMachine prepared, string home, FakeMachine machine, TimeProvider time, Action<ControlPlaneOptions>? configure, MachineGauge? gauge)
    {
        Machine = machine;
        Home = home;
        var options = new ControlPlaneOptions { Home = home, TemplateDirectory = prepared.TemplateDirectory, AgentPath = prepared.AgentPath };
        configure?.Invoke(options);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(Options.Create(options));
        services.AddSingleton(new HomeDirectory(home));
        services.AddSingleton(time);
        services.AddSingleton(new StateDatabase(home));
        services.AddSingleton<ISandboxRuntime>(machine);
        services.AddMetrics();
        services.AddSingleton(gauge ?? new MachineGauge("/proc", static _ => [], home));
        services.AddApiKeys().AddSandboxRouting().AddTemplates().AddSetup().AddSandboxes().AddEvents().AddAdmission().AddWarmPool().AddOperations();
        _services = services.BuildServiceProvider();
    }

    public FakeMachine Machine { get; }

    public string Home { get; }

    public SandboxStore Store => Get<SandboxStore>();

    public EventLog Events => Get<EventLog>();

    /// <summary>A server starts and takes over what is there.</summary>
    public static async Task<MachinelessPlane> StartAsync(
        PreparedMachine prepared, string home, FakeMachine? machine = null, TimeProvider? time = null, Action<ControlPlaneOptions>? configure = null, MachineGauge? gauge = null)
    {
        await prepared.PrepareAsync(PreparedMachine.Template);
        var plane = new MachinelessPlane(prepared, home, machine ?? new FakeMachine(), time ?? TimeProvider.System, configure, gauge);
        await plane.Get<SandboxAdoption>().RunAsync(CancellationToken.None);
        return plane;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Task<SandboxRecord> CreateAsync(Caller? caller = null, long? timeoutSeconds = 600, string? key = null, CreateSandboxRequest? request = null) => Get<SandboxCreation>().CreateAsync(
        caller ?? Owner, request ?? new CreateSandboxRequest { TemplateName = PreparedMachine.Template, TimeoutSeconds = timeoutSeconds, EnvVars = new Dictionary<string, string> { ["A"] = "1" } },
        key, CancellationToken.None);

    /// <summary>An operation, as a caller asks for it.</summary>
    public async Task<SandboxRecord?> DoAsync(SandboxOperation operation, Caller caller, string id)
    {
        switch (operation)
        {
            case SandboxOperation.Pause:
                return await Get<SandboxPausing>().PauseAsync(caller, id, CancellationToken.None);
            case SandboxOperation.Resume:
                return await Get<SandboxPausing>().ResumeAsync(caller, id, CancellationToken.None);
            case SandboxOperation.Stop:
                return await Get<SandboxStopping>().StopAsync(caller, id, CancellationToken.None);
            case SandboxOperation.Start:
                return await Get<SandboxStopping>().StartAsync(caller, id, CancellationToken.None);
            case SandboxOperation.Extend:
                return await Get<SandboxLifetimes>().SetTimeoutAsync(caller, id, 900, CancellationToken.None);
            case SandboxOperation.Delete:
                await Get<SandboxBurial>().DeleteAsync(caller, id, CancellationToken.None);
                return null;
            case SandboxOperation.FallAsleep:
                await Get<SandboxGate>().TryEnterAsync(id, record => Get<SandboxPausing>().FallAsleepAsync(record, "idle"));
                return Store.TryFind(id, out var asleep) ? asleep : null;
            case SandboxOperation.Wake:
                return await Get<SandboxPausing>().WakeAsync(id, CancellationToken.None);
            default:
                throw new ArgumentOutOfRangeException(nameof(operation), operation, "No caller asks for that.");
        }
    }

    /// <summary>What a server that dies now leaves on disk.</summary>
    public void CopyStateTo(string home)
    {
        Directory.CreateDirectory(home);
        foreach (var file in new[] { "state.db", "state.db-wal", "signing.key" }.Where(file => File.Exists(Path.Combine(Home, file))))
        {
            File.Copy(Path.Combine(Home, file), Path.Combine(home, file), overwrite: true);
        }
    }

    /// <summary>The machine agrees with what the records promise, and holds nothing else.</summary>
    public void AssertAgrees()
    {
        var records = Store.All.ToDictionary(record => record.Id, StringComparer.Ordinal);
        Assert.Equal(records.Keys.Order(), Machine.Sandboxes.Keys.Where(id => !Get<WarmSandboxPool>().Holds(id)).Order());
        Assert.All(records.Values, record =>
        {
            var facts = Machine.Sandboxes[record.Id];
            Assert.NotEqual(SandboxState.Creating, record.State);
            Assert.Null(record.Underway);
            Assert.Equal((record.State.HasProcesses, record.State.IsFrozen), (facts.IsAlive, facts.IsFrozen));
            if (record.State is SandboxState.Running)
            {
                Assert.Equal(record.ExpiresAt?.ToUnixTimeMilliseconds(), facts.Deadline?.ToUnixTimeMilliseconds());
                Assert.True(Machine.IsAlive(record.Handle!));
            }
            else if (record.State.IsFrozen)
            {
                // Else it would end itself when it thaws, whatever it was given meanwhile.
                Assert.Null(facts.Deadline);
            }

            Assert.True(Get<SandboxPorts>().IsOpen(record.Id));
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
    }
}
