using Hopx.ControlPlane.Setup;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class NamespacesStepTests
{
    [Fact]
    public async Task A_home_that_can_hold_layers_is_ready_and_nothing_stays_in_it()
    {
        var user = HostUser.Current();
        Assert.SkipWhen(SubordinateIds.Find(user) is null, $"'{user.Name}' has no sub-ids.");
        using var home = new TemporaryHome();

        var finding = await Step(home.Path, user).CheckAsync(TestContext.Current.CancellationToken);

        Assert.True(finding.IsReady, finding.ToString());
        Assert.Empty(Directory.GetFileSystemEntries(home.Path));
    }

    [Fact]
    public async Task A_home_that_cannot_hold_layers_is_named_with_its_file_system()
    {
        var user = HostUser.Current();
        Assert.SkipWhen(SubordinateIds.Find(user) is null, $"'{user.Name}' has no sub-ids.");

        var finding = await Step("/proc", user).CheckAsync(TestContext.Current.CancellationToken);

        Assert.False(finding.IsReady);
        Assert.Contains("'/proc' is on a proc file system", finding.Detail, StringComparison.Ordinal);
        Assert.Contains("ext4", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_sub_ids_nothing_is_tried()
    {
        var finding = await Step("/tmp", new HostUser("hopx-nobody-at-all", 4_000_000_000)).CheckAsync(TestContext.Current.CancellationToken);

        Assert.False(finding.IsReady);
        Assert.Contains("sub-ids", finding.Detail, StringComparison.Ordinal);
    }

    private static NamespacesStep Step(string home, HostUser user) => new(Options.Create(new ControlPlaneOptions { Home = home }), user);
}
