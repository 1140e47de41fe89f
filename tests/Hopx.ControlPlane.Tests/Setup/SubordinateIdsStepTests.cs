using Hopx.Client;
using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class SubordinateIdsStepTests
{
    [Fact]
    public async Task An_ordinary_user_without_a_block_is_told_the_command()
    {
        var step = new SubordinateIdsStep(new HostUser("hopx-nobody-at-all", 4_000_000_000));

        var failure = await Assert.ThrowsAsync<HopxException>(() => step.DoAsync(new Progress<SetupProgress>(), TestContext.Current.CancellationToken));

        Assert.Equal(HopxErrorCode.MachineNotReady, failure.Code);
        Assert.Matches(@"Run 'sudo usermod --add-subuids \d+-\d+ --add-subgids \d+-\d+ hopx-nobody-at-all'\.$", failure.Message);
    }
}
