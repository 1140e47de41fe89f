using Hopx.ControlPlane.Setup;
using Hopx.Mcp.CommandLine.Output;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Mcp.Tests.CommandLine;

public sealed class SetupLinesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void A_step_that_works_for_long_is_heard_of_every_five_seconds()
    {
        var lines = new SetupLines(_output, _time);
        lines.Report(new SetupProgress("template base", SetupState.Checking, ""));
        for (var second = 1; second <= 12; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            lines.Report(new SetupProgress("template base", SetupState.Working, $"package {second}", second / 20.0));
        }

        lines.Report(new SetupProgress("template base", SetupState.Done, "built", 1));

        Assert.Equal(
            """
            template base: 25 %, package 5
            template base: 50 %, package 10
            template base: done in 12.0 s (built)

            """,
            _output.ToString());
    }

    [Fact]
    public void Lines_hold_no_control_characters()
    {
        new SetupLines(_output, _time).Report(new SetupProgress("packages", SetupState.AlreadyReady, "a\u001b[31mred\u001b[0m\rb"));

        Assert.DoesNotContain(_output.ToString().TrimEnd('\n'), char.IsControl);
    }
}
