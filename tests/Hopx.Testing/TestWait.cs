namespace Hopx.Testing;

/// <summary>Waits for something that nobody announces.</summary>
public static class TestWait
{
    /// <param name="isDone">What is waited for.</param>
    /// <param name="cancellationToken">The test's.</param>
    public static async Task UntilAsync(Func<bool> isDone, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!isDone())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
        }
    }
}
