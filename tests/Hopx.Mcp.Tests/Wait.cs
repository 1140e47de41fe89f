namespace Hopx.Mcp.Tests;

internal static class Wait
{
    /// <summary>Looks again and again until it is so; the test's own time limit ends it.</summary>
    public static async Task UntilAsync(Func<bool> isSo, CancellationToken cancellationToken)
    {
        while (!isSo())
        {
            await Task.Delay(5, cancellationToken);
        }
    }
}
