using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>Code and commands.</summary>
[McpServerToolType]
internal sealed partial class RunTools(ConversationSandboxes sandboxes, RunReport report, IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private static readonly TimeSpan LeastRunTimeout = TimeSpan.FromSeconds(10);

    // No output schema: a run that drew something answers with pictures and no structured content, which clients that check schemas would refuse.

    /// <summary>Run code in the sandbox and get its output, last value and plots. Use it for calculation, data analysis and untrusted code. Files in /workspace stay; Python plots (matplotlib) come back as images.</summary>
    /// <param name="language">python, javascript, bash or go.</param>
    /// <param name="timeout_seconds">Default 45.</param>
    /// <param name="sandbox_id">Default: this conversation's sandbox.</param>
    /// <param name="conversation">Your name for this conversation, if sandbox_id is unknown.</param>
    [McpServerTool(Name = "run_code", Title = "Run code", ReadOnly = false, Destructive = true, Idempotent = false, OpenWorld = true)]
    public partial Task<CallToolResult> RunCodeAsync(
        ToolCall call, string code, CancellationToken cancellationToken, string language = "python", int? timeout_seconds = null, string? sandbox_id = null, string? conversation = null)
    {
        var known = CodeLanguage.Parse(language);
        var chosen = Timeout(timeout_seconds);
        var started = time.GetTimestamp();
        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Create,
            async (sandbox, token) =>
            {
                var timeout = chosen ?? Remaining(started);
                var run = await sandbox.Agent.Execution.RunAsync(new ExecuteRequest { Code = code, Language = known, Timeout = timeout.TotalSeconds }, token);
                return await report.OfCodeAsync(sandbox, run, timeout, token);
            },
            cancellationToken);
    }

    /// <summary>Run a shell command line in the sandbox: install packages, use git, build, test. Starts in /workspace.</summary>
    /// <param name="timeout_seconds">Default 45.</param>
    [McpServerTool(
        Name = "run_command", Title = "Run command", ReadOnly = false, Destructive = true, Idempotent = false, OpenWorld = true, UseStructuredContent = true, OutputSchemaType = typeof(RunFacts))]
    public partial Task<CallToolResult> RunCommandAsync(
        ToolCall call, string command, CancellationToken cancellationToken, string? working_dir = null, int? timeout_seconds = null, string? sandbox_id = null, string? conversation = null)
    {
        var chosen = Timeout(timeout_seconds);
        var started = time.GetTimestamp();
        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Create,
            async (sandbox, token) =>
            {
                var timeout = chosen ?? Remaining(started);
                var run = await sandbox.Agent.Commands.RunAsync(
                    new CommandRequest { Command = command, Workdir = string.IsNullOrWhiteSpace(working_dir) ? null : working_dir, Timeout = timeout.TotalSeconds }, token);
                return await report.OfCommandAsync(sandbox, run, timeout, token);
            },
            cancellationToken);
    }

    // Making a sandbox may have taken part of the time that the client waits.
    private TimeSpan Remaining(long started)
    {
        var limit = options.Value.RunTimeout < options.Value.MaxRunTimeout ? options.Value.RunTimeout : options.Value.MaxRunTimeout;
        var left = TimeSpan.FromSeconds(Math.Ceiling((limit - time.GetElapsedTime(started)).TotalSeconds));
        return left > LeastRunTimeout || left >= limit ? left : LeastRunTimeout < limit ? LeastRunTimeout : limit;
    }

    private TimeSpan? Timeout(int? seconds)
    {
        var max = options.Value.MaxRunTimeout;
        return seconds switch
        {
            null => null,
            { } s when s >= 1 && s <= max.TotalSeconds => TimeSpan.FromSeconds(s),
            _ => throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"timeout_seconds is {seconds}; it must be from 1 to {max.TotalSeconds:0}. For longer work start it in the background, with its output in a file, and look at that later."),
        };
    }
}
