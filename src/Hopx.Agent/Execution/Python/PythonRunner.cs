using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Runs Python in an interpreter of its own, which shows the last expression and the figures through a channel beside its output.</summary>
internal sealed class PythonRunner(PythonProcesses python, OutputMemory memory, IOptions<ExecutionOptions> options) : ILanguageRunner
{
    public Language Language => Language.Python;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        var spec = place.ToSpec(PythonProgram.Executable) with
        {
            Environment = PythonProcesses.Complete(place.Environment),
            SideChannel = BoundedOutput.Head(options.Value.RichOutputLimitBytes, memory),
            MissingAdvice = PythonProgram.Missing,
            Launch = process => Launch(process, code),
        };
        return new PreparedRun(spec, []);
    }

    private ChildProcess Launch(ProcessSpec process, string code)
    {
        using var nothing = process.Stdin is null ? File.OpenHandle("/dev/null") : null;
        var (child, channel) = python.Start(new PythonStart
        {
            Executable = process.Executable,
            Environment = process.Environment,
            WorkingDirectory = process.WorkingDirectory,
            Streams = [process.Stdin ?? nothing!, process.Stdout, process.Stderr, .. process.ExtraDescriptors],
            RichOutputLimitBytes = options.Value.RichOutputLimitBytes,
            Code = code,
        });
        // A single run has been told all that it needs.
        channel.Dispose();
        return child;
    }
}
