using System.Diagnostics;
using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.ControlPlane.Hosting;
using Hopx.Mcp.CommandLine;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>
/// The real program, started as its users start it, with a home of its own. At the end its sandboxes are deleted, and whatever is left of them then is a failure.
/// </summary>
/// <param name="machine">Has the templates and the agent, so that no home makes its own.</param>
public class HopxProgram(PreparedMachine machine) : IAsyncLifetime
{
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("hopx-e2e-");
    private readonly List<IAsyncDisposable> _running = [];

    /// <summary>Short, since sockets lie below it.</summary>
    public string Home => Path.Combine(_parent.FullName, "home");

    /// <summary>A directory of this test's own, beside the home.</summary>
    public string Scratch => _parent.FullName;

    /// <summary>What the tests prepared.</summary>
    protected PreparedMachine Machine => machine;

    public virtual async ValueTask InitializeAsync()
    {
        // Else the first test that uses a template would wait for minutes until it is built.
        await machine.PrepareAsync("base");
        await machine.PrepareAsync("code-interpreter");
    }

    /// <summary>One more, for a test that does to it what others would not like.</summary>
    public static async Task<HopxProgram> CreateAsync(PreparedMachine machine)
    {
        var program = new HopxProgram(machine);
        await program.InitializeAsync();
        return program;
    }

    /// <summary>Runs a command to its end.</summary>
    public async Task<ProgramRun> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? settings = null)
    {
        using var process = Start(arguments, settings);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(Patience.Token);
        var error = process.StandardError.ReadToEndAsync(Patience.Token);
        try
        {
            await process.WaitForExitAsync(Patience.Token);
            return new ProgramRun(process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>Starts <c>hopx-mcp stdio</c> and connects an MCP client to its pipes.</summary>
    /// <param name="settings">More environment variables.</param>
    /// <param name="before">A command that starts the program, such as one that takes something from it first.</param>
    internal async Task<StdioServer> StartStdioAsync(IReadOnlyDictionary<string, string>? settings = null, IReadOnlyList<string>? before = null) =>
        Keep(await StdioServer.ConnectAsync(Start(["stdio"], settings, before)));

    /// <summary>Starts <c>hopx-mcp serve</c> on a free port.</summary>
    internal async Task<HttpServer> ServeAsync(IReadOnlyDictionary<string, string>? settings = null) =>
        Keep(await HttpServer.ListenAsync(this, Start(["serve", "--urls", "http://127.0.0.1:0"], settings)));

    /// <summary>Starts the program with pipes for all that it reads and writes.</summary>
    private Process Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? settings = null, IReadOnlyList<string>? before = null)
    {
        string[] command = [.. before ?? [], "dotnet", Path.Combine(AppContext.BaseDirectory, "hopx-mcp.dll"), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Scratch,
        };
        // Whoever runs the tests may have settings and a conversation of their own.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("HOPX_", StringComparison.Ordinal) || name is "CLAUDE_CODE_SESSION_ID").ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in Variables(settings))
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>What the program is told by its environment.</summary>
    internal Dictionary<string, string> Variables(IReadOnlyDictionary<string, string>? settings = null)
    {
        var variables = new Dictionary<string, string>
        {
            ["HOPX_HOME"] = Home,
            ["HOPX_TEMPLATE_DIRECTORY"] = machine.TemplateDirectory,
            ["HOPX_AGENT_PATH"] = machine.AgentPath,
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>All that this machine has of this home's sandboxes.</summary>
    internal IReadOnlyList<string> FindRemains()
    {
        using var local = new LocalMachine(Options());
        return Remains.Of(local);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        try
        {
            foreach (var running in Enumerable.Reverse(_running))
            {
                await running.DisposeAsync();
            }
        }
        finally
        {
            var remains = Directory.Exists(Home) ? await CleanUpAsync() : [];
            _parent.Delete(recursive: true);
            Assert.Empty(remains);
        }
    }

    private ControlPlaneOptions Options() => new() { Home = Home, TemplateDirectory = machine.TemplateDirectory, AgentPath = machine.AgentPath };

    /// <summary>Deletes the sandboxes, and whatever is left of them then; that is returned.</summary>
    private async Task<IReadOnlyList<string>> CleanUpAsync()
    {
        await DeleteSandboxesAsync();
        using var local = new LocalMachine(Options());
        var remains = Remains.Of(local);
        foreach (var id in local.Runtime.FindRemains().Ids)
        {
            await local.Runtime.KillAsync(local.Runtime.HandleOfRemains(id), CancellationToken.None);
        }

        return remains;
    }

    private async Task DeleteSandboxesAsync()
    {
        await using var plane = new EmbeddedControlPlane(Options(), StderrLogging.Quiet);
        using var client = new HopxClient(new HopxClientOptions { BaseUrl = new Uri("http://localhost") }, plane.CreateTransport());
        using var patience = new CancellationTokenSource(Patience.Time);
        await foreach (var sandbox in client.Sandboxes.ListAllAsync(cancellationToken: patience.Token))
        {
            await client.Sandboxes.DeleteAsync(sandbox.Id, patience.Token);
        }
    }

    private T Keep<T>(T running)
        where T : IAsyncDisposable
    {
        _running.Add(running);
        return running;
    }
}
