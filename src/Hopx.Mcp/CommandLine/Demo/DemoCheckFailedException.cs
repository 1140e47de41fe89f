namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>A result is not what it must be.</summary>
internal sealed class DemoCheckFailedException(string expected, string actual) : Exception($"expected {expected}, got {actual}")
{
    public string Expected { get; } = expected;

    public string Actual { get; } = actual;
}
