using Hopx.Client;

namespace Hopx.Mcp.Hosting;

/// <summary>Who calls, and the connection that acts in their name. Dispose it when the call is over.</summary>
internal sealed class Caller(string principal, HopxClient client, Action release) : IDisposable
{
    /// <summary>Principal of a caller that the transport itself vouches for: stdio, or loopback without a key.</summary>
    public const string Local = "local";

    private Action? _release = release;

    public string Principal { get; } = principal;

    public HopxClient Client { get; } = client;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
