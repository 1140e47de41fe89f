using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>A tool whose definition is read from a file. The SDK makes definitions by looking through the code, a third of the time from start to first list; so it does that when the tool is called.</summary>
internal sealed class StoredTool(Tool definition, Func<McpServerTool> make) : McpServerTool
{
    private readonly Lazy<McpServerTool> _tool = new(make);

    public override Tool ProtocolTool => definition;

    public override IReadOnlyList<object> Metadata => [];

    public override ValueTask<CallToolResult> InvokeAsync(ToolCall request, CancellationToken cancellationToken = default) => _tool.Value.InvokeAsync(request, cancellationToken);
}
