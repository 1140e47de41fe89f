using System.Text.Encodings.Web;
using System.Text.Json;
using Hopx.Client;
using Microsoft.Extensions.AI;

namespace Hopx.SemanticKernel;

/// <summary>
/// Sandboxes as functions that a model can call: <c>run_code</c>, <c>run_command</c>, <c>read_file</c>, <c>write_file</c>.
/// They never throw for what a sandbox, the service or a model's arguments do: failures come back as text that says what to do next.
/// </summary>
/// <example>
/// <code>
/// await using var functions = new HopxFunctions(new HopxClient(new HopxClientOptions { ApiKey = key }));
/// var answer = await chatClient.GetResponseAsync("What is the 100th prime?", new ChatOptions { Tools = [.. functions.All] });
/// </code>
/// </example>
public sealed class HopxFunctions : IAsyncDisposable
{
    // Relaxed and on one line: every escape and blank costs tokens. Nothing here ends up in a web page by itself.
    private static readonly JsonSerializerOptions Json = MakeJsonOptions();

    private readonly HopxSandboxSession? _owned;

    /// <summary>Makes the functions.</summary>
    /// <param name="client">The service; stays the caller's.</param>
    /// <param name="options">What sandboxes are made, and how much is told.</param>
    /// <param name="session">Sandbox of calls that name none; one of its own by default, deleted with this.</param>
    public HopxFunctions(HopxClient client, HopxFunctionOptions? options = null, HopxSandboxSession? session = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new HopxFunctionOptions();
        _owned = session is null ? new HopxSandboxSession(client, options) : null;
        Session = session ?? _owned!;
        var calls = new SandboxCalls(client, Session);
        var files = new FileFunctions(calls, options);
        Execution = [Create(new ExecutionFunctions(calls, options).RunCodeAsync, "run_code")];
        Commands = [Create(new CommandFunctions(calls, options).RunCommandAsync, "run_command")];
        Files = [Create(files.ReadFileAsync, "read_file"), Create(files.WriteFileAsync, "write_file")];
        All = [.. Execution, .. Commands, .. Files];
    }

    /// <summary>Every function; goes into <c>ChatOptions.Tools</c> or an agent's tools as it is.</summary>
    public IReadOnlyList<AIFunction> All { get; }

    public IReadOnlyList<AIFunction> Execution { get; }

    public IReadOnlyList<AIFunction> Commands { get; }

    public IReadOnlyList<AIFunction> Files { get; }

    /// <summary>The sandbox of calls that name none.</summary>
    public HopxSandboxSession Session { get; }

    public ValueTask DisposeAsync() => _owned?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static ActionableFunction Create(Delegate method, string name) => new(AIFunctionFactory.Create(method, new AIFunctionFactoryOptions
    {
        Name = name,
        SerializerOptions = Json,

        // Text and contents as they are: wrapped in JSON a model would read escapes, and a picture would be text.
        MarshalResult = static (result, _, _) => ValueTask.FromResult(result),
        ExcludeResultSchema = true,
    }));

    private static JsonSerializerOptions MakeJsonOptions()
    {
        var options = new JsonSerializerOptions(AIJsonUtilities.DefaultOptions) { WriteIndented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        options.MakeReadOnly();
        return options;
    }
}
