using System.Globalization;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Starts Python: forked from a server that has the usual libraries imported already, or by itself where it must differ from it.</summary>
internal sealed partial class PythonProcesses(
    PythonProgram program,
    ChildReaper reaper,
    ChildRestraint restraint,
    SandboxEnvironment environment,
    IOptions<ExecutionOptions> options,
    IOptions<AgentOptions> agent,
    ILogger<PythonProcesses> logger) : IDisposable
{
    // Pictures come whole; a little more is for the rest of their message.
    private const int MessageOverheadBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private PythonForkServer? _server;
    private bool _isDisposed;

    /// <summary>Adds what Python needs to find in its environment.</summary>
    public static Dictionary<string, string> Complete(IReadOnlyDictionary<string, string> variables)
    {
        var completed = new Dictionary<string, string>(variables);
        // Without it matplotlib looks for a screen first.
        completed.TryAdd("MPLBACKEND", "Agg");
        return completed;
    }

    /// <summary>Makes the server ready before anybody asks.</summary>
    public void WarmUp()
    {
        lock (_gate)
        {
            var variables = Complete(environment.GetAll());
            if (ExecutableSearch.Find(PythonProgram.Executable, variables, "/") is { } executable)
            {
                FindServer(PythonIdentity.Of(executable, variables));
                WarmServer();
            }
        }
    }

    /// <summary>Waits until the server has imported what it was told to, or something else has come up; nobody is kept from forking meanwhile.</summary>
    public void WaitForImports(TimeSpan patience)
    {
        PythonForkServer? server;
        lock (_gate)
        {
            server = _server;
        }

        server?.WaitForImports(patience);
    }

    /// <exception cref="NativeException">No process could be made.</exception>
    public PythonProcess Start(PythonStart start)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var (child, channel) = Fork(PythonIdentity.Of(start.Executable, start.Environment)) ?? Spawn(start.Executable, start.Environment, "child", start.WorkingDirectory);
            string[] fields =
            [
                start.Environment.GetValueOrDefault(ProcessFamily.MarkVariable, ""),
                PythonStart.ToText(start.Environment),
                start.WorkingDirectory,
                start.RichOutputLimitBytes.ToString(CultureInfo.InvariantCulture),
            ];
            var isTold = start.Code is { } code
                ? channel.TrySend('R', [.. start.Streams], [.. fields, code])
                : channel.TrySend('K', [.. start.Streams], fields);
            if (!isTold)
            {
                LogNotTold(child.Id);
            }

            if (start.Code is not null)
            {
                // Clean interpreters import anew each time, so the next ones begin with what most of them need.
                WarmServer();
            }

            return new PythonProcess(child, channel);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _server?.Dispose();
            _server = null;
        }
    }

    private bool MayImport => agent.Value.MemoryLimitBytes is not { } limit || limit >= options.Value.WarmFromMemoryBytes;

    /// <summary>Has the server import the usual libraries when it has nothing else to do. The caller holds the gate.</summary>
    private void WarmServer()
    {
        if (_server is { IsAlive: true, IsWarmed: false } && MayImport)
        {
            _server.Warm(options.Value.WarmModules.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private (ChildProcess Child, PythonChannel Channel)? Fork(PythonIdentity identity)
    {
        // Twice: the first answer may be that the server is out of date.
        for (var attempt = 0; attempt < 2 && FindServer(identity) is { } server; attempt++)
        {
            var channel = CreateChannel(out var other);
            using (other)
            {
                if (server.Fork(other) is { } number)
                {
                    return (reaper.Adopt(number), channel);
                }
            }

            channel.Dispose();
            if (server.IsAlive)
            {
                break;
            }
        }

        return null;
    }

    private PythonForkServer? FindServer(PythonIdentity identity)
    {
        if (_server is { IsAlive: true } server && server.Identity == identity)
        {
            return server;
        }

        // A server for what only one request asks for would be in the way of all others.
        var usual = Complete(environment.GetAll());
        if (_isDisposed || PythonIdentity.Of(identity.Executable, usual) != identity)
        {
            return null;
        }

        var wasWarmed = _server is { IsWarmed: true };
        _server?.Dispose();
        _server = null;
        try
        {
            if (Environment.ProcessId != 1)
            {
                // What the server forks becomes the agent's own, as it does by itself in a sandbox.
                _ = Libc.ProcessControl(Libc.SetChildSubreaper, 1, 0, 0, 0);
            }

            var variables = new Dictionary<string, string>(usual) { [ProcessFamily.MarkVariable] = new('0', MarkLength) };
            var (child, channel) = Spawn(identity.Executable, variables, "server", "/");
            _server = new PythonForkServer(child, channel, identity);
        }
        catch (NativeException failure)
        {
            LogNoServer(failure);
            return null;
        }

        if (wasWarmed)
        {
            WarmServer();
        }

        return _server;
    }

    private (ChildProcess Child, PythonChannel Channel) Spawn(string executable, IReadOnlyDictionary<string, string> variables, string role, string directory)
    {
        var channel = CreateChannel(out var other);
        var files = new List<SafeFileHandle> { other };
        try
        {
            var given = program.Open(other);
            files.AddRange(given);
            var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            files.Add(nothing);
            var child = restraint.Start(reaper, new ProcessSpec
            {
                Executable = executable,
                Arguments = [PythonProgram.Executable, .. PythonProgram.Arguments(role)],
                Environment = variables,
                WorkingDirectory = directory,
                Stdout = nothing,
                Stderr = nothing,
                ExtraDescriptors = given,
            });
            return (child, channel);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    private PythonChannel CreateChannel(out SafeFileHandle other) => PythonChannel.Create(options.Value.RichOutputLimitBytes + MessageOverheadBytes, out other);

    /// <summary>Length of a mark; the server's is overwritten in place by those of its children.</summary>
    public const int MarkLength = 16;

    [LoggerMessage(LogLevel.Warning, "The Python fork server cannot be started; interpreters are started one by one.")]
    private partial void LogNoServer(Exception failure);

    [LoggerMessage(LogLevel.Warning, "Python process {ProcessId} did not take its orders.")]
    private partial void LogNotTold(int processId);
}
