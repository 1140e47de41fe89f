using System.Security.Cryptography;

namespace Hopx.Agent;

/// <summary>Why there is no process.</summary>
internal sealed record KernelStartFailure(int ExitCode, string Explanation);

/// <summary>The process of a kernel, what it writes, and the channel to it. Of the kernel's thread alone, but for what is said here.</summary>
internal sealed class KernelProcess
{
    private const int CannotStart = 126;
    private const int NotFound = 127;

    private readonly PythonProcess _python;
    private readonly KernelStream[] _streams;
    private readonly TimeProvider _time;
    private Dictionary<string, string> _lasting;
    private long _channelClosedAt;
    private volatile bool _hasRun;

    private KernelProcess(PythonProcess python, KernelStream[] streams, string mark, PythonIdentity identity, Dictionary<string, string> lasting, TimeProvider time)
    {
        _python = python;
        _lasting = lasting;
        _time = time;
        _streams = streams;
        Active = new ActiveRun(python.Child, mark);
        Identity = identity;
    }

    public ChildProcess Child => _python.Child;

    public PythonChannel Channel => _python.Channel;

    public ReadOnlySpan<KernelStream> Streams => _streams;

    public ActiveRun Active { get; }

    /// <summary>The interpreter and environment that it was made for.</summary>
    public PythonIdentity Identity { get; }

    /// <summary>The variables of the sandbox as it knows them.</summary>
    public IReadOnlyDictionary<string, string> Lasting => _lasting;

    /// <summary>Whether there may be variables in it; safe to read anywhere.</summary>
    public bool HasRun => _hasRun;

    public bool HasEnded => Child.Exited.IsCompleted;

    public bool IsChannelOpen { get; private set; } = true;

    /// <summary>Whether it was killed because nothing can be asked of it any more.</summary>
    public bool IsKilledForChannel { get; set; }

    /// <summary>Whether an answer has told already that the variables are gone.</summary>
    public bool IsLossTold { get; set; }

    /// <summary>How long nothing can be asked of it any more.</summary>
    public TimeSpan SilentFor => _time.GetElapsedTime(_channelClosedAt);

    /// <summary>Whether all that was there at the end of the code is read and taken.</summary>
    public bool IsDrained => Array.TrueForAll(_streams, stream => stream.IsAtEnd);

    public static PythonIdentity? FindIdentity(KernelParts parts)
    {
        var variables = PythonProcesses.Complete(parts.Environment.GetAll());
        return ExecutableSearch.Find(PythonProgram.Executable, variables, parts.Directories.Default) is { } executable ? PythonIdentity.Of(executable, variables) : null;
    }

    /// <returns>The process, or why there is none.</returns>
    public static (KernelProcess? Process, KernelStartFailure? Failure) Start(KernelParts parts)
    {
        var lasting = parts.Environment.GetAll();
        var variables = PythonProcesses.Complete(lasting);
        var directory = parts.Directories.Default;
        if (ExecutableSearch.Find(PythonProgram.Executable, variables, directory) is not { } executable)
        {
            return (null, new KernelStartFailure(NotFound, PythonProgram.Missing));
        }

        var identity = PythonIdentity.Of(executable, variables);
        var mark = RandomNumberGenerator.GetHexString(PythonProcesses.MarkLength, lowercase: true);
        variables[ProcessFamily.MarkVariable] = mark;
        var stdout = KernelStream.Create(OutputKind.Stdout, out var stdoutEnd);
        var stderr = KernelStream.Create(OutputKind.Stderr, out var stderrEnd);
        using (stdoutEnd)
        using (stderrEnd)
        {
            try
            {
                Directory.CreateDirectory(directory);
                using var nothing = File.OpenHandle("/dev/null");
                var python = parts.Python.Start(new PythonStart
                {
                    Executable = executable,
                    Environment = variables,
                    WorkingDirectory = directory,
                    Streams = [nothing, stdoutEnd, stderrEnd],
                    RichOutputLimitBytes = parts.Execution.Value.RichOutputLimitBytes,
                });
                return (new KernelProcess(python, [stdout, stderr], mark, identity, lasting, parts.Time), null);
            }
            catch (Exception failure) when (failure is NativeException or IOException)
            {
                stdout.Dispose();
                stderr.Dispose();
                return (null, new KernelStartFailure(
                    CannotStart, $"python3: {failure.Message} The sandbox's limit of processes, memory or disk may be reached: end or remove something, then try again."));
            }
        }
    }

    /// <summary>Has it run code, with the sandbox's variables as they are now.</summary>
    public void Send(KernelCell cell, Dictionary<string, string> variables, Action wake)
    {
        var changed = variables.Where(variable => _lasting.GetValueOrDefault(variable.Key) != variable.Value);
        var removed = _lasting.Keys.Where(name => !variables.ContainsKey(name));
        var isSent = Channel.TrySend(
            'C',
            cell.Request.Code,
            cell.Request.Directory ?? "",
            PythonStart.ToText(changed),
            string.Join('\0', removed),
            PythonStart.ToText(cell.Request.Variables),
            cell.Observer.TakesInput ? "1" : "0");
        _lasting = variables;
        _hasRun = true;
        if (!isSent)
        {
            CloseChannel();
        }

        foreach (var stream in _streams)
        {
            stream.Begin(cell, wake);
        }
    }

    public void CloseChannel()
    {
        if (IsChannelOpen)
        {
            IsChannelOpen = false;
            _channelClosedAt = _time.GetTimestamp();
        }
    }

    /// <summary>Notes how much output there is of code that has ended.</summary>
    public void MarkEnds()
    {
        foreach (var stream in _streams)
        {
            stream.MarkEnd();
        }
    }

    /// <summary>Lets go of it; nothing of the process itself is left, and what its code has left in the background writes to nobody.</summary>
    public void Abandon(OutputReader reader)
    {
        Child.SignalGroup(Libc.SigKill);
        Channel.Dispose();

        // A server that the code has left behind may write for days.
        var output = new RunOutput(reader, [.. _streams.Select(stream => stream.ReadEnd)], [BoundedOutput.Head(0), BoundedOutput.Head(0)], RunObserver.None, null, _time);
        reader.Add(output);
        output.LeaveBehind();
    }

    /// <summary>Kills it with all that its code has started.</summary>
    public void Kill()
    {
        Child.SignalGroup(Libc.SigKill);
        Channel.Dispose();
        Array.ForEach(_streams, stream => stream.Dispose());
        Active.Family.Kill();
    }
}
