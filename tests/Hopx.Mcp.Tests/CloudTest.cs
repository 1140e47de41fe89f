using Hopx.Testing;

namespace Hopx.Mcp.Tests;

/// <summary>A test with a fake cloud of its own.</summary>
public abstract class CloudTest : IAsyncLifetime
{
    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    internal FakeHopxCloud Cloud { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cloud = await FakeHopxCloud.StartAsync(cancellationToken: Stop);

    public async ValueTask DisposeAsync()
    {
        await Cloud.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
