using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Decides which tools a request sees and may call. The settings are the upper bound; a header can only narrow it.</summary>
internal sealed class OfferedTools(IOptions<HopxMcpOptions> options, IHttpContextAccessor? http = null)
{
    public const string ToolsetsHeader = "X-MCP-Toolsets";
    public const string ReadOnlyHeader = "X-MCP-Readonly";

    private readonly HashSet<string> _chosen = NamesIn(options.Value.Toolsets);

    /// <summary>Whether the request may change nothing.</summary>
    public bool IsReadOnly =>
        options.Value.ReadOnly || (Header(ReadOnlyHeader) is { Length: > 0 } value && !value.Equals("false", StringComparison.OrdinalIgnoreCase) && value is not "0");

    public bool Offers(Tool tool) =>
        _chosen.Contains(tool.Name)
        && (!IsReadOnly || tool.Annotations?.ReadOnlyHint is true)
        && (Header(ToolsetsHeader) is not { Length: > 0 } header || NamesIn(header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Contains(tool.Name));

    private string? Header(string name) => http?.HttpContext?.Request.Headers[name].ToString();

    // A name in a header that is not known narrows to nothing.
    private static HashSet<string> NamesIn(IEnumerable<string> toolsets) =>
        [.. toolsets.SelectMany(set => Toolsets.All.TryGetValue(set, out var names) ? names : [])];
}
