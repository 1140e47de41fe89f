using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Hopx.ControlPlane.Setup;

/// <summary>A program of this machine, run to its end with its output shown line by line and its last lines kept.</summary>
internal sealed partial record HostCommand(string FileName, IReadOnlyList<string> Arguments)
{
    private const int LongestLine = 2_000;
    private const int KeptLines = 40;
    private const int TerminateSignal = 15;

    /// <summary>Where the administrator's tools are; an ordinary user's own PATH often lacks the sbin directories.</summary>
    public const string SystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public string? WorkingDirectory { get; init; }

    /// <summary>The whole environment of the child: what is not named here does not reach it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = SystemEnvironment;

    /// <summary>How long a cancelled program may take to put its things in order.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    public static IReadOnlyDictionary<string, string> SystemEnvironment { get; } = new Dictionary<string, string>
    {
        ["PATH"] = SystemPath,
        ["LANG"] = "C.UTF-8",
        ["LC_ALL"] = "C.UTF-8",
    };

    /// <summary>Runs the program. Its standard input stays open until it ends or the token is cancelled.</summary>
    public async Task<HostCommandResult> RunAsync(Action<string>? onLine, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = new Process { StartInfo = StartInfo() };
        process.Start();

        // Each stream keeps lines of its own: much output must not push out the one line that says why.
        var kept = new Lock();
        var count = 0L;
        Queue<(long Number, string Line)> output = [];
        Queue<(long Number, string Line)> errors = [];
        void Keep(Queue<(long Number, string Line)> tail, string line)
        {
            lock (kept)
            {
                tail.Enqueue((count++, line));
                if (tail.Count > KeptLines / 2)
                {
                    tail.Dequeue();
                }

                onLine?.Invoke(line);
            }
        }

        using var readersLeft = new CancellationTokenSource();
        var readers = Task.WhenAll(
            ReadLinesAsync(process.StandardOutput, line => Keep(output, line), readersLeft.Token),
            ReadLinesAsync(process.StandardError, line => Keep(errors, line), readersLeft.Token));
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process);
            throw;
        }
        finally
        {
            // A grandchild that lives on, such as a build server, may hold the pipe open for ever.
            readersLeft.CancelAfter(TimeSpan.FromSeconds(2));
            await readers;
        }

        return new HostCommandResult(process.ExitCode, string.Join('\n', output.Concat(errors).OrderBy(line => line.Number).Select(line => line.Line)));
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(FileName, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            WorkingDirectory = WorkingDirectory ?? "/",
        };
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private async Task EndAsync(Process process)
    {
        // The end of its input tells our scripts to kill their whole namespace; the signal is for everything else.
        process.StandardInput.Close();
        _ = Kill(process.Id, TerminateSignal);
        using var grace = new CancellationTokenSource(Grace);
        try
        {
            await process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task ReadLinesAsync(StreamReader reader, Action<string> onLine, CancellationToken cancellationToken)
    {
        var buffer = new char[4_096];
        var line = new StringBuilder();
        try
        {
            int count;
            while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
            {
                foreach (var character in buffer.AsSpan(0, count))
                {
                    if (character is '\n' or '\r')
                    {
                        Flush();
                    }
                    else if (line.Length < LongestLine)
                    {
                        line.Append(character);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The program itself is gone; what it wrote has been read.
        }

        Flush();

        void Flush()
        {
            if (line.Length > 0)
            {
                onLine(line.ToString());
                line.Clear();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}

/// <summary>How a program ended, with the last lines of its output.</summary>
internal sealed record HostCommandResult(int ExitCode, string Tail);
