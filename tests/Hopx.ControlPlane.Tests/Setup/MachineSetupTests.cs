using Hopx.Client;
using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class MachineSetupTests
{
    private readonly List<SetupProgress> _progress = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_step_that_fails_ends_it_and_is_reported()
    {
        var never = new Step("third");

        var failure = await Assert.ThrowsAsync<HopxException>(() => RunAsync(new Step("first"), new Step("second", works: false), never));

        Assert.Equal(HopxErrorCode.MachineNotReady, failure.Code);
        Assert.Equal("second is missing. Do it.", failure.Message);
        Assert.Equal(("second", SetupState.Failed), (_progress[^1].Step, _progress[^1].State));
        Assert.Equal(0, never.Taken);
    }

    [Fact]
    public async Task A_second_run_takes_no_step_again()
    {
        var step = new Step("only");

        await RunAsync(step);
        await RunAsync(step);

        Assert.Equal(1, step.Taken);
        Assert.Equal(
            [SetupState.Checking, SetupState.Done, SetupState.Checking, SetupState.AlreadyReady],
            _progress.Select(update => update.State));
    }

    [Fact]
    public async Task Looking_goes_on_after_a_finding_and_takes_nothing()
    {
        Step[] steps = [new("first", works: false), new("second")];

        var findings = await MachineSetup.CheckAsync(steps, Token);

        Assert.Equal([("first", false), ("second", false)], findings.Select(one => (one.Step, one.Finding.IsReady)));
        Assert.All(steps, step => Assert.Equal(0, step.Taken));
    }

    private Task RunAsync(params Step[] steps) => MachineSetup.RunAsync(steps, new Recorder(_progress), Token);

    private sealed class Recorder(List<SetupProgress> updates) : IProgress<SetupProgress>
    {
        public void Report(SetupProgress value) => updates.Add(value);
    }

    private sealed class Step(string name, bool works = true) : ISetupStep
    {
        public int Taken { get; private set; }

        public string Name => name;

        public Task<SetupFinding> CheckAsync(CancellationToken cancellationToken) =>
            Task.FromResult(Taken > 0 && works ? SetupFinding.Ready("there") : SetupFinding.Missing($"{name} is missing.", "Do it."));

        public Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken)
        {
            Taken++;
            return Task.CompletedTask;
        }
    }
}
