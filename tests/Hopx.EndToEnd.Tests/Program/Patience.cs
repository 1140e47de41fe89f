namespace Hopx.EndToEnd.Tests.Program;

/// <summary>How long a test waits for anything: far longer than it takes, so that only what hangs runs into it.</summary>
internal static class Patience
{
    public static readonly TimeSpan Time = TimeSpan.FromMinutes(3);

    public static CancellationToken Token
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Time);
            return source.Token;
        }
    }
}
