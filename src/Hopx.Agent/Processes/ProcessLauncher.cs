using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Starts processes with pipes, or a terminal, for what they write.</summary>
internal sealed class ProcessLauncher(ChildReaper reaper, ChildRestraint restraint)
{
    private const int Cols = 80;
    private const int Rows = 24;

    /// <param name="spec">What to run.</param>
    /// <param name="executable">Full path of its program.</param>
    /// <param name="takesInput">Whether its standard input is a pipe of ours.</param>
    /// <param name="take">Takes over the read ends before anything can be written to them; they stay the launched process's when null.</param>
    public LaunchedProcess Launch(RunSpec spec, string executable, bool takesInput, Action<IReadOnlyList<SafeFileHandle>>? take = null)
    {
        var mark = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var readEnds = new List<SafeFileHandle>();
        var isTaken = false;
        var writeEnds = new List<SafeFileHandle>();
        SafeFileHandle? typed = null;
        SafeFileHandle? input = null;
        try
        {
            for (var i = 0; i < (spec.SideChannel is null ? 2 : 3); i++)
            {
                var (read, write) = Descriptor.CreatePipe();
                readEnds.Add(read);
                writeEnds.Add(write);
            }

            take?.Invoke(readEnds);
            isTaken = take is not null;
            if (takesInput)
            {
                (typed, input) = Descriptor.CreatePipe();
            }

            var process = new ProcessSpec
            {
                Executable = executable,
                Arguments = [spec.Program, .. spec.Arguments],
                Environment = new Dictionary<string, string>(LoginEnvironment.Complete(spec.Environment)) { [ProcessFamily.MarkVariable] = mark },
                WorkingDirectory = spec.WorkingDirectory,
                Stdin = typed ?? spec.Stdin,
                Stdout = writeEnds[0],
                Stderr = writeEnds[1],
                ExtraDescriptors = [.. spec.Inputs, .. writeEnds[2..]],
            };
            return new LaunchedProcess(Start(process, spec, executable), mark, readEnds, input, typed is null ? null : Descriptor.NameOf(typed));
        }
        catch
        {
            input?.Dispose();
            if (!isTaken)
            {
                readEnds.ForEach(end => end.Dispose());
            }

            throw;
        }
        finally
        {
            typed?.Dispose();
            writeEnds.ForEach(end => end.Dispose());
        }
    }

    /// <summary>Starts a process on a terminal of its own.</summary>
    public LaunchedProcess LaunchOnTerminal(RunSpec spec, string executable, Action<IReadOnlyList<SafeFileHandle>> take)
    {
        var mark = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var terminal = PseudoTerminal.Open();
        try
        {
            terminal.Resize(Cols, Rows);
            using var slave = terminal.OpenSlave();
            // While the other end is open: one that nobody has open yet looks like one that everybody has left.
            take([terminal.DuplicateMaster()]);
            var variables = new Dictionary<string, string>(LoginEnvironment.Complete(spec.Environment)) { [ProcessFamily.MarkVariable] = mark };
            if (!spec.Environment.ContainsKey("TERM"))
            {
                variables["TERM"] = "xterm-256color";
            }

            var process = new ProcessSpec
            {
                Executable = executable,
                Arguments = [spec.Program, .. spec.Arguments],
                Environment = variables,
                WorkingDirectory = spec.WorkingDirectory,
                Terminal = terminal.Path,
                Stdout = slave,
                Stderr = slave,
            };
            return new LaunchedProcess(Start(process, spec, executable), mark, [], input: null, inputName: null) { Terminal = terminal };
        }
        catch
        {
            terminal.Dispose();
            throw;
        }
    }

    private ChildProcess Start(ProcessSpec process, RunSpec spec, string executable)
    {
        try
        {
            return spec.Launch is { } launch ? launch(process) : restraint.Start(reaper, process);
        }
        catch (NativeException failure) when (failure.Error == Errno.NotAnExecutable)
        {
            // A script without #! is run by the shell, as execvp does.
            return restraint.Start(reaper, process with { Executable = "/bin/sh", Arguments = ["sh", executable, .. spec.Arguments] });
        }
    }
}
