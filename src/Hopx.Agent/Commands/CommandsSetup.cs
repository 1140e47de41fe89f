using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class CommandsSetup
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    public static void MapCommands(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/commands/run", async (
            HttpContext http, ProcessRunner runner, SandboxEnvironment environment, WorkingDirectory directories, IOptions<ProcessOptions> options, TimeProvider time) =>
        {
            var request = await RequestBody.ReadAsync(http, HopxJson.Default.CommandRequest);
            if (string.IsNullOrWhiteSpace(request?.Command))
            {
                throw new HopxException(HopxErrorCode.MissingParameter, "'command' is missing. Send a shell line, or a program together with 'args'.");
            }

            var result = await runner.RunAsync(MakeSpec(request, environment, directories, options.Value), http.RequestAborted);
            return TypedResults.Json(
                new CommandResult
                {
                    Success = result.Success,
                    Stdout = result.Stdout,
                    Stderr = result.Stderr,
                    ExitCode = result.ExitCode,
                    ExecutionTime = Math.Round(result.Duration.TotalSeconds, 6),
                    Command = request.Command,
                    Pid = result.ProcessId,
                    Timestamp = time.GetUtcNow(),
                    Outcome = result.Outcome,
                    StdoutOmittedBytes = result.StdoutOmittedBytes,
                    StderrOmittedBytes = result.StderrOmittedBytes,
                    RequestId = http.TraceIdentifier,
                },
                HopxJson.Default.CommandResult);
        });

    private static RunSpec MakeSpec(CommandRequest request, SandboxEnvironment environment, WorkingDirectory directories, ProcessOptions options)
    {
        var command = request.Command!;
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
            Timeout = RunTimeout.Clamp(request.Timeout, DefaultTimeout, options.MaxTimeout),
        };
        if (request.Args is { Count: > 0 })
        {
            return spec;
        }

        var shell = ExecutableSearch.Find("bash", variables, directory) is null ? "/bin/sh" : "bash";
        return spec with { Program = shell, Arguments = ["-c", command] };
    }
}
