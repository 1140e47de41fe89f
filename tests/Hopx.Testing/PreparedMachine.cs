using System.Collections.Concurrent;
using Hopx.ControlPlane;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.Testing;

/// <summary>
/// This machine, made ready for real sandboxes by the very code of <c>hopx-mcp setup</c>; once for a test assembly.
/// Templates and agent are those of the user's own home, so that they are built once and not by each test.
/// </summary>
public sealed class PreparedMachine : IDisposable
{
    /// <summary>The smallest template with a shell and Python.</summary>
    public const string Template = "base";

    private readonly ServiceProvider _services;
    private readonly ConcurrentDictionary<string, Lazy<Task>> _prepared = new(StringComparer.Ordinal);

    public PreparedMachine()
    {
        var services = new ServiceCollection();
        services.AddSingleton(Options.Create(new ControlPlaneOptions()));
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        services.AddTemplates().AddSetup();
        _services = services.BuildServiceProvider();
    }

    public string TemplateDirectory => _services.GetRequiredService<IOptions<ControlPlaneOptions>>().Value.TemplateDirectory;

    public string AgentPath => _services.GetRequiredService<AgentBinary>().Find()
        ?? throw new InvalidOperationException("The machine was not prepared: call PrepareAsync first.");

    /// <summary>Returns when sandboxes of that template can be made here.</summary>
    public Task PrepareAsync(string template = Template) =>
        _prepared.GetOrAdd(template, name => new Lazy<Task>(() => _services.GetRequiredService<MachineSetup>().RunAsync([name], new Ignored(), CancellationToken.None))).Value;

    public void Dispose() => _services.Dispose();

    private sealed class Ignored : IProgress<SetupProgress>
    {
        public void Report(SetupProgress value)
        {
        }
    }
}
