using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;

namespace Hopx.ControlPlane.Tests.Sandboxes;

public sealed class SandboxStatusRulesTests
{
    [Theory]
    [InlineData(SandboxStatus.Creating, false, false, false, false)]
    [InlineData(SandboxStatus.Running, true, false, true, false)]
    [InlineData(SandboxStatus.Paused, false, true, true, false)]
    [InlineData(SandboxStatus.Stopped, false, false, false, true)]
    [InlineData(SandboxStatus.Error, false, false, false, true)]
    [InlineData(SandboxStatus.Deleted, false, false, false, false)]
    public void Each_state_allows_its_own_steps(SandboxStatus status, bool pause, bool resume, bool stop, bool start)
    {
        Assert.Equal(pause, status.CanPause);
        Assert.Equal(resume, status.CanResume);
        Assert.Equal(stop, status.CanStop);
        Assert.Equal(start, status.CanStart);
    }
}
