using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Runs commands, given as a line for the shell or as a program with arguments, and describes what came of them.</summary>
internal sealed class CommandExecution(
    ProcessRunner processes, SandboxEnvironment environment, WorkingDirectory directories, IOptions<ProcessOptions> options, TimeProvider time)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Starts a command, which goes on without its caller.</summary>
    public IRun Start(CommandRequest? request, RunObserver observer, TimeSpan? whenNoTimeout = null)
    {
        if (string.IsNullOrWhiteSpace(request?.Command))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'command' is missing. Send a shell line, or a program together with 'args'.");
        }

        return processes.Start(MakeSpec(request, request.Command, whenNoTimeout ?? DefaultTimeout), observer);
    }

    public CommandResult Describe(string command, RunResult run, string? requestId) =>
        new CommandResult { Success = run.Success, Command = command, Pid = run.ProcessId }.WithResult(run, requestId, time);

    private RunSpec MakeSpec(CommandRequest request, string command, TimeSpan whenNoTimeout)
    {
        if (command.Contains('\0', StringComparison.Ordinal) || request.Args?.Any(argument => argument is null || argument.Contains('\0', StringComparison.Ordinal)) is true)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "'command' and 'args' must be texts without NUL characters. Pass binary data in a file.");
        }

        var variables = environment.For(request.Env);
        var directory = directories.Resolve(request.Workdir, request.WorkingDir);
        var spec = new RunSpec
        {
            Program = command,
            Arguments = request.Args ?? [],
            Environment = variables,
            WorkingDirectory = directory,
            UsesTerminal = request.Terminal is true,
            Timeout = RunTimeout.Clamp(request.Timeout, whenNoTimeout, options.Value.MaxTimeout),
        };
        if (request.Args is { Count: > 0 })
        {
            return spec;
        }

        var shell = ExecutableSearch.Find("bash", variables, directory) is null ? "/bin/sh" : "bash";
        return spec with { Program = shell, Arguments = ["-c", command] };
    }
}
