using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>Code and commands.</summary>
[McpServerToolType]
internal sealed partial class RunTools(ConversationSandboxes sandboxes, RunReport report, RunFollower follower, HtmlPictures tables, IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(10);

    // No output schema: a run that drew something answers with pictures and no structured content, which clients that check schemas would refuse.

    /// <summary>Run code in the sandbox and get its output, last value and plots. Python keeps variables between calls; plots come as images. What takes over 45 s goes on as a job.</summary>
    /// <param name="language">python, javascript, bash or go.</param>
    /// <param name="clean">Python: a new interpreter, not the kept one.</param>
    /// <param name="table_images">Show HTML tables as images.</param>
    /// <param name="timeout_seconds">Time limit, job included. Default 600.</param>
    /// <param name="sandbox_id">Default: this conversation's sandbox.</param>
    /// <param name="conversation">Your name for this conversation, if sandbox_id is unknown.</param>
    [McpServerTool(Name = "run_code", Title = "Run code", ReadOnly = false, Destructive = true, Idempotent = false, OpenWorld = true)]
    public partial Task<CallToolResult> RunCodeAsync(
        ToolCall call,
        string code,
        CancellationToken cancellationToken,
        string language = "python",
        bool clean = false,
        bool table_images = false,
        int? timeout_seconds = null,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var known = CodeLanguage.Parse(language);
        return RunAsync(
            call,
            timeout_seconds,
            sandbox_id,
            conversation,
            async (sandbox, limits, token) => await sandbox.Agent.Execution.RunAsync(
                new ExecuteRequest
                {
                    Code = code,
                    Language = known,
                    Clean = clean ? true : null,
                    Timeout = limits.Foreground,
                    JobTimeout = limits.Whole,
                    Interactive = true,
                    DetachAfter = limits.Patience,
                },
                token),
            cancellationToken,
            table_images);
    }

    /// <summary>Run a shell command line in the sandbox: use git, build, test, start servers. Starts in /workspace. What takes over 45 s goes on as a job; one that asks for input is reported with its question.</summary>
    /// <param name="timeout_seconds">Time limit, job included. Default 600.</param>
    /// <param name="terminal">On a terminal, for programs that need or ask on one (ssh, sudo, passwd).</param>
    [McpServerTool(
        Name = "run_command", Title = "Run command", ReadOnly = false, Destructive = true, Idempotent = false, OpenWorld = true, UseStructuredContent = true, OutputSchemaType = typeof(RunFacts))]
    public partial Task<CallToolResult> RunCommandAsync(
        ToolCall call, string command, CancellationToken cancellationToken, string? working_dir = null, int? timeout_seconds = null, bool terminal = false, string? sandbox_id = null, string? conversation = null) =>
        RunAsync(
            call,
            timeout_seconds,
            sandbox_id,
            conversation,
            async (sandbox, limits, token) => await sandbox.Agent.Commands.RunAsync(
                new CommandRequest
                {
                    Command = command,
                    Workdir = string.IsNullOrWhiteSpace(working_dir) ? null : working_dir,
                    Timeout = limits.Foreground,
                    JobTimeout = limits.Whole,
                    Interactive = true,
                    Terminal = terminal ? true : null,
                    DetachAfter = limits.Patience,
                },
                token),
            cancellationToken);

    private Task<CallToolResult> RunAsync(
        ToolCall call,
        int? seconds,
        string? sandboxId,
        string? conversation,
        Func<OpenSandbox, (double Foreground, double Whole, double Patience), CancellationToken, Task<RunAnswer>> run,
        CancellationToken cancellationToken,
        bool drawTables = false)
    {
        var whole = Timeout(seconds);
        var started = time.GetTimestamp();
        return sandboxes.UseAsync(
            call,
            sandboxId,
            conversation,
            WhenMissing.Create,
            async (sandbox, token) =>
            {
                var begun = time.GetTimestamp();
                var budget = Remaining(started);
                // Services that keep no jobs end the run at the first limit, so that there is an answer before the client gives up.
                var foreground = whole < budget ? whole : budget;
                var answer = await run(sandbox, (foreground.TotalSeconds, whole.TotalSeconds, follower.FirstPatience(call, budget).TotalSeconds), token);
                answer = await follower.FollowAsync(call, sandbox, answer, budget, begun, token);
                string? remark = null;
                if (drawTables && answer is ExecutionResult code)
                {
                    (answer, remark) = await tables.DrawAsync(sandbox, code, options.Value.CallBudget - time.GetElapsedTime(started), token);
                }

                return await report.OfAsync(sandbox, answer, answer.Outcome is RunOutcome.TimedOut && answer.ExecutionTime < whole.TotalSeconds - 1 ? foreground : whole, token, remark);
            },
            cancellationToken);
    }

    // Making a sandbox may have taken part of the time that the client waits.
    private TimeSpan Remaining(long started)
    {
        var budget = options.Value.CallBudget;
        var left = TimeSpan.FromSeconds(Math.Ceiling((budget - time.GetElapsedTime(started)).TotalSeconds));
        return left > LeastPatience || left >= budget ? left : LeastPatience < budget ? LeastPatience : budget;
    }

    private TimeSpan Timeout(int? seconds)
    {
        var max = options.Value.MaxRunTimeout;
        return seconds switch
        {
            null => options.Value.RunTimeout < max ? options.Value.RunTimeout : max,
            { } s when s >= 1 && s <= max.TotalSeconds => TimeSpan.FromSeconds(s),
            _ => throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"timeout_seconds is {seconds}; it must be from 1 to {max.TotalSeconds:0}. For longer work start it with nohup in the background, with its output in a file, and look at that later."),
        };
    }
}
