using Hopx.Client;
using Hopx.ControlPlane.Setup;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class HomeStepTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_home_that_cannot_be_made_is_named()
    {
        var failure = await Assert.ThrowsAsync<HopxException>(() => Step("/proc/hopx").DoAsync(new Progress<SetupProgress>(), Token));

        Assert.Equal(HopxErrorCode.InvalidConfiguration, failure.Code);
        Assert.Contains("/proc/hopx", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_whose_socket_would_have_too_long_a_name_is_refused()
    {
        var finding = await Step("/tmp/" + new string('x', 100)).CheckAsync(Token);

        Assert.False(finding.IsReady);
        Assert.Contains("too long", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_that_is_open_to_others_is_closed()
    {
        using var home = new TemporaryHome();
        File.SetUnixFileMode(home.Path, (UnixFileMode)0b111_101_101);
        var step = Step(home.Path);

        await step.DoAsync(new Progress<SetupProgress>(), Token);

        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(home.Path));
        Assert.True((await step.CheckAsync(Token)).IsReady);
    }

    [Fact]
    public async Task Looking_makes_nothing()
    {
        using var home = new TemporaryHome();
        var path = Path.Combine(home.Path, "inner");

        Assert.False((await Step(path).CheckAsync(Token)).IsReady);
        Assert.False(Directory.Exists(path));
    }

    private static HomeStep Step(string home) => new(Options.Create(new ControlPlaneOptions { Home = home }));
}
