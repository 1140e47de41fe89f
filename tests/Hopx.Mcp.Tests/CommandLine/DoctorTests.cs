using Hopx.ControlPlane.Setup;
using Hopx.Mcp.CommandLine;
using Hopx.Mcp.CommandLine.Doctor;

namespace Hopx.Mcp.Tests.CommandLine;

public sealed class DoctorTests
{
    [Fact]
    public void What_is_missing_for_the_main_job_makes_the_doctor_fail()
    {
        var report = new DoctorReport([new("packages", CheckResult.Ok, "all"), new("sub-ids", CheckResult.Fail, "none", "usermod")]);

        Assert.Equal(1, report.ExitCode);
        Assert.Equal("Sandboxes cannot run yet: sub-ids.", report.Summary);
    }

    [Fact]
    public void What_only_could_be_better_does_not()
    {
        var report = new DoctorReport([new("packages", CheckResult.Ok, "all"), new("disk limit", CheckResult.Warn, "watchdog")]);

        Assert.Equal(0, report.ExitCode);
        Assert.Equal("Sandboxes work, with 1 thing to know about.", report.Summary);
    }

    [Fact]
    public async Task Each_check_is_a_line_and_its_remedy_another_and_a_sentence_ends_it()
    {
        using var output = new StringWriter();

        await new DoctorReport([new("a", CheckResult.Ok, "fine"), new("long name", CheckResult.Fail, "bad:\nworse", "mend it")]).WriteAsync(output);

        Assert.Equal(
            """
            ok    a          fine
            fail  long name  bad: worse
                             → mend it

            Sandboxes cannot run yet: long name.

            """,
            output.ToString());
    }

    [Fact]
    public void A_finding_of_the_set_up_fails_only_where_it_is_needed()
    {
        Assert.Equal(CheckResult.Ok, MachineChecks.FromFinding("agent", SetupFinding.Ready("there"), isNeeded: true).Result);
        Assert.Equal(CheckResult.Fail, MachineChecks.FromFinding("agent", SetupFinding.Missing("gone", "setup"), isNeeded: true).Result);
        Assert.Equal(CheckResult.Warn, MachineChecks.FromFinding("template base", SetupFinding.Missing("gone", "setup"), isNeeded: false).Result);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_makes_the_doctor_fail()
    {
        using var home = new TemporaryDirectory();

        // Nothing listens on the discard port of loopback.
        var run = await CommandRun.OfAsync(DoctorCommand.Create(), "doctor", "--json", "--base-url", "http://127.0.0.1:9", "--home", home.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("\"fail\"", run.Output, StringComparison.Ordinal);
    }
}
