using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Gallery;

/// <summary>A sandbox with all that the gallery shows.</summary>
public sealed class GallerySandbox(PreparedMachine machine) : HopxProgram(machine)
{
    private HopxClient _client = null!;
    private string _id = "";

    public AgentClient Agent => _client.Agent(_id);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var server = await ServeAsync();
        _client = await server.CreateClientAsync();
        _id = (await _client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "code-interpreter", TimeoutSeconds = 1800 }, Patience.Token)).Id;
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.Sandboxes.DeleteAsync(_id, CancellationToken.None);
        _client.Dispose();
        await base.DisposeAsync();
    }

    public Task<ExecutionResult> RunAsync(string code, string language = "python", string? kernel = null, bool? clean = null, double timeout = 120) =>
        Agent.Execution.RunAsync(new ExecuteRequest { Code = code, Language = language, Kernel = kernel, Clean = clean, Timeout = timeout }, Patience.Token);
}
