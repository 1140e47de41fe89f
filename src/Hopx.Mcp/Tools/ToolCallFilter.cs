using System.Text.Json;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>Stands before every tool: checks the call, tells of progress, and turns whatever goes wrong into a result that a model can act on.</summary>
internal sealed partial class ToolCallFilter(OfferedTools offered, CallProgress progress, ILogger<ToolCallFilter> logger)
{
    public async ValueTask<CallToolResult> InvokeAsync(McpRequestHandler<CallToolRequestParams, CallToolResult> next, ToolCall call, CancellationToken cancellationToken)
    {
        if (call.MatchedPrimitive is not McpServerTool tool || !offered.Offers(tool.ProtocolTool))
        {
            return Results.Error(Unknown(call));
        }

        if (tool.ProtocolTool.Name is ComputerArguments.Tool)
        {
            ComputerArguments.Normalize(call.Params.Arguments);
        }

        if (ArgumentCheck.FindProblem(tool.ProtocolTool.Name, tool.ProtocolTool.InputSchema, call.Params.Arguments) is { } problem)
        {
            return Results.Error(problem);
        }

        try
        {
            return await progress.WhileAsync(call, () => next(call, cancellationToken).AsTask(), cancellationToken);
        }
        catch (SandboxStillPreparingException preparing)
        {
            return StillPreparing(call, preparing);
        }
        catch (ToolRefusedException refusal)
        {
            return Results.Error(OutputText.Line(refusal.Message, ErrorAdvice.MaxMessage));
        }
        catch (HopxException error)
        {
            LogRefused(call.Params.Name, error.Code, error.RequestId);
            return Results.Error(ErrorAdvice.Of(error));
        }
        catch (JsonException error)
        {
            return Results.Error($"An argument of {call.Params.Name} has the wrong type: {OutputText.Line(error.Message)} Correct it and call again.");
        }
        catch (Exception defect) when (defect is not (McpException or InputRequiredException) && !cancellationToken.IsCancellationRequested)
        {
            // Its message may hold anything, so it goes to the log alone.
            LogDefect(call.Params.Name, defect);
            return Results.Error(
                $"{call.Params.Name} failed for a reason that lies in this server ({defect.GetType().Name}); its log has the details. Repeat the call once; if it fails again, report it.");
        }
    }

    private string Unknown(ToolCall call)
    {
        var name = OutputText.Line(call.Params.Name, 100);
        var tools = call.Server.ServerOptions.ToolCollection?.Select(tool => tool.ProtocolTool).Where(offered.Offers).Select(tool => tool.Name).Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
        return call.MatchedPrimitive is null
            ? $"There is no tool '{name}'. There are: {string.Join(", ", tools)}."
            : $"Tool '{name}' is not offered here{(offered.IsReadOnly ? ", since this server is read-only" : "")}. There are: {string.Join(", ", tools)}.";
    }

    private static CallToolResult StillPreparing(ToolCall call, SandboxStillPreparingException preparing)
    {
        var note = $"The sandbox from template '{OutputText.Line(preparing.Template, 100)}' is still being prepared; the first one of a template takes minutes. {call.Params.Name} has done nothing else yet. Call {call.Params.Name} again with the same arguments to go on waiting.";
        return Results.Of(note, new SandboxFacts { Status = "preparing", Note = note }, ToolJson.Default.SandboxFacts);
    }

    [LoggerMessage(LogLevel.Debug, "{Tool} was refused: {Code}, request {RequestId}.")]
    private partial void LogRefused(string tool, HopxErrorCode code, string? requestId);

    [LoggerMessage(LogLevel.Error, "{Tool} failed.")]
    private partial void LogDefect(string tool, Exception defect);
}
