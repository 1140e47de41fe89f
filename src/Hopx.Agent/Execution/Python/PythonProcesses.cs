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
    TimeProvider time,
    ILogger<PythonProcesses> logger) : IDisposable
{
    // A fork of so much memory takes time that nobody should wait for, nor lose while something runs.
    private static readonly TimeSpan PauseBeforeSpare = TimeSpan.FromMilliseconds(100);

    // Pictures come whole; a little more is for the rest of their message.
    private const int MessageOverheadBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private PythonForkServer? _server;
    private PythonProcess? _spare;
    private ITimer? _sparing;
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
            var identity = PythonIdentity.Of(start.Executable, start.Environment);
            var process = (start.Code is null ? null : TakeSpare(identity)) ?? Fork(identity) ?? Spawn(start.Executable, start.Environment, "child", start.WorkingDirectory);
            string[] fields =
            [
                start.Environment.GetValueOrDefault(ProcessFamily.MarkVariable, ""),
                PythonStart.ToText(start.Environment),
                start.WorkingDirectory,
                start.RichOutputLimitBytes.ToString(CultureInfo.InvariantCulture),
            ];
            var isTold = start.Code is { } code
                ? process.Channel.TrySend('R', [.. start.Streams], [.. fields, code])
                : process.Channel.TrySend('K', [.. start.Streams], fields);
            if (!isTold)
            {
                LogNotTold(process.Child.Id);
            }

            if (start.Code is not null)
            {
                // Clean interpreters import anew each time, so the next ones begin with what most of them need.
                WarmServer();
                SpareLater();
            }

            return process;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _sparing?.Dispose();
            DropServer();
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

    private void DropServer()
    {
        _spare?.Channel.Dispose();
        _spare = null;
        _server?.Dispose();
        _server = null;
    }

    /// <summary>A process that was forked before it was needed, with all that the server has imported, and waits for its orders.</summary>
    private PythonProcess? TakeSpare(PythonIdentity identity)
    {
        if (_spare is not { } spare || _server is not { IsAlive: true } server || server.Identity != identity)
        {
            return null;
        }

        _spare = null;
        if (!spare.Child.Exited.IsCompleted && server.IsCurrent())
        {
            return spare;
        }

        // It ends when it finds the channel closed.
        spare.Channel.Dispose();
        return null;
    }

    /// <summary>Has a spare process made once nothing was started for a moment. The caller holds the gate.</summary>
    private void SpareLater()
    {
        if (_server is { IsAlive: true, IsWarmed: true })
        {
            _sparing ??= time.CreateTimer(_ => MakeSpare(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _sparing.Change(PauseBeforeSpare, Timeout.InfiniteTimeSpan);
        }
    }

    private void MakeSpare()
    {
        lock (_gate)
        {
            if (_isDisposed || _spare is not null || _server is not { IsAlive: true } server)
            {
                return;
            }

            // A fork of a server that still imports, as one does that has just replaced another, would lack what others have.
            if (server.HasImported() && Fork(server.Identity) is { } forked)
            {
                if (_server == server)
                {
                    _spare = forked;
                    return;
                }

                forked.Channel.Dispose();
            }

            if (_server is { } next && !next.HasImported())
            {
                SpareLater();
            }
        }
    }

    private PythonProcess? Fork(PythonIdentity identity)
    {
        // Twice: the first answer may be that the server is out of date.
        for (var attempt = 0; attempt < 2 && FindServer(identity) is { } server; attempt++)
        {
            var channel = CreateChannel(out var other);
            using (other)
            {
                if (server.Fork(other) is { } number)
                {
                    return new PythonProcess(reaper.Adopt(number), channel);
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
        DropServer();
        try
        {
            if (Environment.ProcessId != 1)
            {
                // What the server forks becomes the agent's own, as it does by itself in a sandbox.
                _ = Libc.ProcessControl(Libc.SetChildSubreaper, 1, 0, 0, 0);
            }

            var variables = new Dictionary<string, string>(usual) { [ProcessFamily.MarkVariable] = new('0', MarkLength) };
            var spawned = Spawn(identity.Executable, variables, "server", "/");
            _server = new PythonForkServer(spawned.Child, spawned.Channel, identity);
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

    private PythonProcess Spawn(string executable, IReadOnlyDictionary<string, string> variables, string role, string directory)
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
            return new PythonProcess(child, channel);
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
