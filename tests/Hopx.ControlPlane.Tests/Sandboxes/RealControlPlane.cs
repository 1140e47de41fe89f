using Hopx.Client;
using Hopx.ControlPlane.Hosting;
using Hopx.Testing;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>The embedded control plane on a home of its own, with the templates and the agent of this machine, and a client that talks to it.</summary>
internal sealed class RealControlPlane : IAsyncDisposable
{
    private readonly TimeProvider? _time;

    public RealControlPlane(PreparedMachine machine, string home, TimeProvider? time = null)
    {
        _time = time;
        Options = new ControlPlaneOptions
        {
            Home = home,
            TemplateDirectory = machine.TemplateDirectory,
            AgentPath = machine.AgentPath,
        };
        Embedded = new EmbeddedControlPlane(Options, static logging => logging.AddProvider(new TestOutputLogging()).SetMinimumLevel(LogLevel.Information), time);
        Client = new HopxClient(new HopxClientOptions { BaseUrl = new Uri("http://localhost") }, Embedded.CreateTransport(), time: time);
    }

    public ControlPlaneOptions Options { get; }

    public EmbeddedControlPlane Embedded { get; }

    public HopxClient Client { get; }

    public Task<Sandbox> CreateAsync(int? timeoutSeconds = 600, IReadOnlyDictionary<string, string>? variables = null) =>
        Client.Sandboxes.CreateAsync(
            new CreateSandboxRequest { TemplateName = PreparedMachine.Template, TimeoutSeconds = timeoutSeconds, EnvVars = variables },
            TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Embedded.DisposeAsync();
    }
}
