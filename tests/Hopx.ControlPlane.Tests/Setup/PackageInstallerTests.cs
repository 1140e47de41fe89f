using Hopx.Client;
using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class PackageInstallerTests
{
    private static readonly HostPackage There = new("coreutils", "is everywhere", "ls");
    private static readonly HostPackage Missing = new("hopx-no-such-package", "is needed for a test", "hopx-no-such-program", "/no/such/file");

    [Fact]
    public async Task An_ordinary_user_is_told_the_command()
    {
        Assert.SkipUnless(HostPackage.IsInPath("apt-get"), "apt-get is not installed.");
        var installer = new PackageInstaller(new HostUser("alice", 1000));

        var failure = await Assert.ThrowsAsync<HopxException>(() => installer.InstallAsync([There, Missing], static _ => { }, TestContext.Current.CancellationToken));

        Assert.Equal(HopxErrorCode.MachineNotReady, failure.Code);
        Assert.Equal("Missing: hopx-no-such-package (is needed for a test). Run 'sudo apt-get install -y hopx-no-such-package'.", failure.Message);
    }

    [Fact]
    public void Any_one_piece_of_evidence_is_enough()
    {
        var installer = new PackageInstaller(HostUser.Current());

        Assert.False(installer.Check([There, Missing]).IsReady);
        Assert.True(installer.Check([There, Missing with { Evidence = ["hopx-no-such-program", "/bin/sh"] }]).IsReady);
    }

    [Fact]
    public async Task What_is_there_is_not_installed_again()
    {
        var lines = 0;

        await new PackageInstaller(HostUser.Current()).InstallAsync([There], _ => lines++, TestContext.Current.CancellationToken);

        Assert.Equal(0, lines);
    }

    [Fact]
    public void Programs_that_an_ordinary_users_path_leaves_out_are_found() => Assert.NotNull(HostPackage.FindInPath("chroot"));
}
