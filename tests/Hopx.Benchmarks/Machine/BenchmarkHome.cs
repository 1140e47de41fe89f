using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.ControlPlane.Events;
using Hopx.ControlPlane.Hosting;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.WarmPool;
using Hopx.Testing;

namespace Hopx.Benchmarks.Machine;

/// <summary>A home of its own, on this user's templates, with a control plane in this process.</summary>
internal sealed class BenchmarkHome : IAsyncDisposable
{
    public const string Template = "code-interpreter";

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AtRest = TimeSpan.FromMilliseconds(2);

    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-benchmarks-").FullName;
    private readonly EmbeddedControlPlane _controlPlane;

    private BenchmarkHome(string agent, int warm)
    {
        _controlPlane = new EmbeddedControlPlane(
            new ControlPlaneOptions
            {
                Home = Path.Combine(_directory, "here"),
                TemplateDirectory = Places.Templates,
                AgentPath = agent,
                MaxSandboxes = 1_000,
                MaxSandboxesPerOrganization = 1_000,
                WarmSandboxes = warm.ToString(CultureInfo.InvariantCulture),
            }, static _ => { });
        Client = new HopxClient(new HopxClientOptions { BaseUrl = new Uri("http://localhost"), MaxAnswerBytes = 256 << 20 }, _controlPlane.CreateTransport());
        ServerEnvironment = EnvironmentOf("server");
        JoiningServerEnvironment = EnvironmentOf("here");

        Dictionary<string, string> EnvironmentOf(string home) => new()
        {
            ["HOPX_HOME"] = Path.Combine(_directory, home),
            ["HOPX_TEMPLATE_DIRECTORY"] = Places.Templates,
            ["HOPX_AGENT_PATH"] = agent,
        };
    }

    /// <summary>The client of the control plane in this process.</summary>
    public HopxClient Client { get; }

    /// <summary>Environment of an MCP server with a home beside it.</summary>
    public IReadOnlyDictionary<string, string> ServerEnvironment { get; }

    /// <summary>Environment of an MCP server that has the sandboxes of this home.</summary>
    public IReadOnlyDictionary<string, string> JoiningServerEnvironment { get; }

    public string SandboxDirectory(string id) => Path.Combine(_directory, "here", "sandboxes", id);

    public string ServerSandboxDirectory(string id) => Path.Combine(_directory, "server", "sandboxes", id);

    /// <param name="warm">Sandboxes that stand ready.</param>
    public static async Task<BenchmarkHome> OpenAsync(int warm = 0)
    {
        using var machine = new PreparedMachine();
        await machine.PrepareAsync(Template);
        return new BenchmarkHome(machine.AgentPath, warm);
    }

    public Task<Sandbox> CreateAsync(string template = Template) => Client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = template, TimeoutSeconds = 3600 });

    /// <summary>Pauses a sandbox as one that nobody uses.</summary>
    public Task FallAsleepAsync(string id) => _controlPlane.Get<SandboxGate>().TryEnterAsync(
        id, record => _controlPlane.Get<SandboxPausing>().FallAsleepAsync(record, "For a benchmark."));

    /// <summary>Tells of something that happened to no sandbox in particular.</summary>
    public void Tell(string data) => _controlPlane.Get<EventLog>().Commit(change: null, new EventDraft(OrganizationId: 1, SandboxId: null, "sandbox.benchmark", data));

    public int CountReaders() => _controlPlane.Get<EventLog>().CountReaders(EventFilter.Sandboxes);

    public HttpMessageHandler CreateTransport() => _controlPlane.CreateTransport();

    /// <summary>Returns when as many stand ready as should, and have come to rest: what they import before anybody asks takes a second or more, which is over long before most of them are taken.</summary>
    /// <returns>The one that the next create gets.</returns>
    public async Task<string> RefillAsync()
    {
        await _controlPlane.RefillAsync();
        var ready = _controlPlane.Get<WarmSandboxStore>().Load();
        foreach (var sandbox in ready)
        {
            var before = TimeSpan.MinValue;
            while (CpuTimeOf(sandbox.Id) is var now && (before == TimeSpan.MinValue || now - before > AtRest))
            {
                before = now;
                await Task.Delay(LookInterval);
            }
        }

        return ready.Select(sandbox => sandbox.Id).FirstOrDefault("");
    }

    /// <summary>What a sandbox has taken of the processors.</summary>
    public TimeSpan CpuTimeOf(string id)
    {
        var runtime = _controlPlane.Get<ISandboxRuntime>();
        return runtime.MeasureUsage(runtime.HandleOfRemains(id)).CpuTime ?? throw new InvalidOperationException($"Nobody counts the processor's time of {id} here.");
    }

    public async Task DeleteAllAsync()
    {
        await foreach (var sandbox in Client.Sandboxes.ListAllAsync())
        {
            await Client.Sandboxes.DeleteAsync(sandbox.Id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _controlPlane.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
