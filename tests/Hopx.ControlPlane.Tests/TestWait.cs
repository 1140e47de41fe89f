namespace Hopx.ControlPlane.Tests;

/// <summary>Waits for something that nobody announces.</summary>
internal static class TestWait
{
    public static async Task UntilAsync(Func<bool> isDone)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!isDone())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), patience.Token);
        }
    }
}
