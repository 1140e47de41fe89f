using System.Diagnostics.CodeAnalysis;

namespace Hopx.Mcp.Tools;

/// <summary>A refusal whose words are all that a model needs: no advice is added.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "A refusal without words helps nobody.")]
internal sealed class ToolRefusedException(string message, Exception? innerException = null) : Exception(message, innerException);
