using System.Collections.Concurrent;
using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>All terminals.</summary>
internal sealed class Terminals(
    ChildReaper reaper, ChildRestraint restraint, ActiveRuns active, SandboxEnvironment environment, WorkingDirectory directories, IOptions<TerminalOptions> options, TimeProvider time) : IDisposable
{
    private const int IdLength = 16;

    private readonly ConcurrentDictionary<string, TerminalSession> _sessions = new(StringComparer.Ordinal);
    private int _count;

    public TerminalSession Open(int cols, int rows, TimeSpan keep)
    {
        if (Interlocked.Increment(ref _count) > options.Value.MaxTerminals)
        {
            Interlocked.Decrement(ref _count);
            throw new HopxException(
                HopxErrorCode.ResourceLimitError, $"{options.Value.MaxTerminals} terminals are open in this sandbox, and no more are allowed at once. Close one.");
        }

        try
        {
            // Hard to guess, although whoever holds a token could open one of their own.
            var session = Start(RandomNumberGenerator.GetHexString(IdLength, lowercase: true), cols, rows, keep < options.Value.MaxKeep ? keep : options.Value.MaxKeep);
            active.Add(session.Run);
            _sessions[session.Id] = session;
            return session;
        }
        catch
        {
            Interlocked.Decrement(ref _count);
            throw;
        }
    }

    public TerminalSession Get(string id) => _sessions.TryGetValue(id, out var session)
        ? session
        : throw new HopxException(
            HopxErrorCode.ProcessNotFound,
            $"There is no terminal '{(id.Length <= 80 ? id : id[..80] + "…")}' in this sandbox: it has ended, or nobody connected to it in time. Open a new one by leaving 'id' out.");

    /// <summary>Ends a terminal; when its shell has ended by itself, what it left in the background lives on.</summary>
    public void End(TerminalSession session)
    {
        if (!_sessions.TryRemove(session.Id, out _))
        {
            return;
        }

        if (session.Exited.IsCompleted)
        {
            session.Dispose();
        }
        else
        {
            session.Kill();
        }

        active.Remove(session.Run);
        Interlocked.Decrement(ref _count);
    }

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
        {
            End(session);
        }
    }

    private TerminalSession Start(string id, int cols, int rows, TimeSpan keep)
    {
        var variables = environment.For(null);
        var directory = directories.Resolve(null, null);
        var shell = ExecutableSearch.Find("bash", variables, directory) ?? "/bin/sh";
        var mark = RandomNumberGenerator.GetHexString(16, lowercase: true);
        variables[ProcessFamily.MarkVariable] = mark;
        variables["TERM"] = "xterm-256color";
        variables["SHELL"] = shell;
        variables.TryAdd("USER", "root");
        variables.TryAdd("LOGNAME", variables["USER"]);
        var terminal = PseudoTerminal.Open();
        try
        {
            terminal.Resize(cols, rows);
            using var slave = terminal.OpenSlave();
            var child = restraint.Start(reaper, new ProcessSpec
            {
                Executable = shell,
                // Not as a login shell: Debian's /etc/profile would replace the template's PATH.
                Arguments = [Path.GetFileName(shell), "-i"],
                Environment = variables,
                WorkingDirectory = directory,
                Terminal = terminal.Path,
                Stdout = slave,
                Stderr = slave,
            });
            return new TerminalSession(id, terminal, child, new ActiveRun(child, mark), keep, options.Value.HistoryBytes, time);
        }
        catch (NativeException failure)
        {
            terminal.Dispose();
            throw new HopxException(
                HopxErrorCode.ResourceLimitError, $"No terminal could be opened: {failure.Message} End some processes or terminals, then try again.", failure);
        }
        catch
        {
            terminal.Dispose();
            throw;
        }
    }
}
