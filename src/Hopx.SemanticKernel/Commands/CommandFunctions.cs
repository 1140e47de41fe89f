using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Hopx.Client;

namespace Hopx.SemanticKernel;

/// <summary>Running commands. Names of parameters are what a model sees.</summary>
internal sealed class CommandFunctions(SandboxCalls calls, HopxFunctionOptions options)
{
    [Description("Run one shell command line in an isolated Linux sandbox and return its output and exit code. Use it for git, package managers, builds, file operations.")]
    public async Task<string> RunCommandAsync(
        [Description("The command line; pipes and redirections work.")] string command,
        [Description("Seconds until the command is killed."), Range(1, int.MaxValue)] double timeout_seconds = 60,
        [Description("Directory to run in.")] string working_directory = "/workspace",
        [Description("Sandbox to work in; leave out for this conversation's own.")] string? sandbox_id = null,
        CancellationToken cancellationToken = default) => await calls.InAsync(
            sandbox_id,
            async agent =>
            {
                var result = await agent.Commands.RunAsync(
                    new CommandRequest { Command = command, Workdir = working_directory, Timeout = options.Limit(timeout_seconds) },
                    cancellationToken).ConfigureAwait(false);
                return new RunReport(options)
                    .Add("stdout", result.Stdout, result.StdoutOmittedBytes)
                    .Add("stderr", result.Stderr, result.StderrOmittedBytes)
                    .End(result.Outcome, result.ExitCode, result.ExecutionTime, timeout_seconds);
            },
            cancellationToken).ConfigureAwait(false);
}
