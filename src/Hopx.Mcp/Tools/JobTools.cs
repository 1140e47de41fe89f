using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>Runs that outlived the call that started them.</summary>
[McpServerToolType]
internal sealed partial class JobTools(ConversationSandboxes sandboxes, JobReport report, IOptions<HopxMcpOptions> options)
{
    /// <summary>Look after code and commands that go on as jobs. wait: until it ends, asks for input or 45 s are over. output: what it printed. input: type into it. kill: end it with its children.</summary>
    /// <param name="job_id">All but list need it.</param>
    /// <param name="text">For input; a line end is added.</param>
    /// <param name="end_of_input">For input: nothing more will be typed.</param>
    /// <param name="offset">For wait and output: next_offset of the last result, to get only what is new.</param>
    [McpServerTool(Name = "job", Title = "Job", ReadOnly = false, Destructive = true, Idempotent = false, OpenWorld = false)]
    public partial Task<CallToolResult> JobAsync(
        ToolCall call,
        JobAction action,
        CancellationToken cancellationToken,
        string? job_id = null,
        string? text = null,
        bool end_of_input = false,
        long? offset = null,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var id = action is JobAction.List ? null : CheckId(job_id);
        Check(action, text, end_of_input, offset);
        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Refuse,
            async (sandbox, token) =>
            {
                var jobs = sandbox.Agent.Jobs;
                switch (action)
                {
                    case JobAction.List:
                        return report.OfList(sandbox, await jobs.ListAsync(token));
                    case JobAction.Input:
                        await TypeAsync(jobs, id!, text, end_of_input, token);
                        // What it answers to the input is what the model wants to see next.
                        await jobs.WaitAsync(id!, options.Value.InputPatience, token);
                        break;
                    case JobAction.Kill:
                        await jobs.KillAsync(id!, token);
                        break;
                    case JobAction.Wait:
                        await jobs.WaitAsync(id!, options.Value.CallBudget, token);
                        break;
                }

                return await report.OfJobAsync(sandbox, id!, offset, token);
            },
            cancellationToken);
    }

    private static Task<JobInfo> TypeAsync(JobsClient jobs, string id, string? text, bool endOfInput, CancellationToken cancellationToken) => text is null
        ? jobs.EndInputAsync(id, cancellationToken)
        : jobs.WriteInputAsync(id, text.EndsWith('\n') ? text : text + "\n", endOfInput, cancellationToken);

    private static string CheckId(string? id) => string.IsNullOrWhiteSpace(id)
        ? throw new HopxException(HopxErrorCode.InvalidRequest, "job_id is missing. Use the one that a result named, or action list.")
        : id.Trim();

    private static void Check(JobAction action, string? text, bool endOfInput, long? offset)
    {
        if (action is JobAction.Input && text is null && !endOfInput)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "For action input give text, end_of_input, or both.");
        }

        if (action is not JobAction.Input && (text is not null || endOfInput))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "text and end_of_input are for action input.");
        }

        if (offset < 0)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"offset is {offset}; it begins at 0.");
        }
    }
}
