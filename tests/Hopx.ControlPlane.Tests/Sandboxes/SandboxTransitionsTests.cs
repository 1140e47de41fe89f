using Hopx.ControlPlane.Sandboxes;

namespace Hopx.ControlPlane.Tests.Sandboxes;

public sealed class SandboxTransitionsTests
{
    private static readonly SandboxOperation[] ByCallers =
        [SandboxOperation.Pause, SandboxOperation.Resume, SandboxOperation.Stop, SandboxOperation.Start, SandboxOperation.Delete, SandboxOperation.Extend];

    // Where each operation of ByCallers leads, in their order; - is a refusal.
    [Theory]
    [InlineData("Creating", "- - - - Deleted -")]
    [InlineData("Running", "Paused Running Stopped Running Deleted Running")]
    [InlineData("Paused", "Paused Running Stopped - Deleted Paused")]
    [InlineData("Asleep", "Paused Running Stopped Running Deleted Asleep")]
    [InlineData("Stopped", "- - Stopped Running Deleted Stopped")]
    [InlineData("Error", "- - - Running Deleted Error")]
    [InlineData("Deleted", "- - - - - -")]
    public void Each_state_allows_its_own_steps(string state, string expected) => Assert.Equal(
        expected,
        string.Join(' ', ByCallers.Select(operation => SandboxTransitions.Decide(Enum.Parse<SandboxState>(state), operation).Next?.ToString() ?? "-")));

    [Fact]
    public void Only_a_sandbox_that_fell_asleep_by_itself_wakes_for_a_request()
    {
        Assert.Equal(SandboxState.Running, SandboxTransitions.Decide(SandboxState.Asleep, SandboxOperation.Wake).Next);
        Assert.Null(SandboxTransitions.Decide(SandboxState.Paused, SandboxOperation.Wake).Next);
        Assert.Null(SandboxTransitions.Decide(SandboxState.Stopped, SandboxOperation.Wake).Next);
    }

    [Fact]
    public void Every_refusal_says_what_to_do_instead()
    {
        foreach (var state in Enum.GetValues<SandboxState>())
        {
            foreach (var operation in Enum.GetValues<SandboxOperation>())
            {
                var transition = SandboxTransitions.Decide(state, operation);
                Assert.True(transition.Next is not null || transition.Refusal.Length > 0, $"{operation} of a sandbox that is {state}");
            }
        }
    }

    [Fact]
    public void Nothing_comes_after_the_end() => Assert.All(
        Enum.GetValues<SandboxOperation>(), operation => Assert.Null(SandboxTransitions.Decide(SandboxState.Deleted, operation).Next));
}
