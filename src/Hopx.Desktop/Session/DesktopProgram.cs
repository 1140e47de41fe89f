using System.Diagnostics;

namespace Hopx.Desktop;

/// <summary>One of the programs that make the desktop, watched: what it writes goes to the log.</summary>
internal sealed class DesktopProgram : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DesktopProgram(Process process) => _process = process;

    public int Id => _process.Id;

    public Task Exited => _exited.Task;

    public bool IsRunning => !_exited.Task.IsCompleted;

    public static DesktopProgram Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, DesktopLog log, string? workingDirectory = null)
    {
        var name = Path.GetFileName(file);
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? environment.GetValueOrDefault("HOME", "/"),
        };
        start.Environment.Clear();
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var program = new DesktopProgram(process);
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.Exited += (_, _) => program._exited.TrySetResult();
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return program;

        void Write(string? line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                log.Add(name, line);
            }
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: false);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
