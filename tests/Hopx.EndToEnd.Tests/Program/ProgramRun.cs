namespace Hopx.EndToEnd.Tests.Program;

/// <summary>What a command did.</summary>
public sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    public ProgramRun Succeeded()
    {
        Assert.True(ExitCode is 0, $"Exit code {ExitCode}.\n{Output}\n{Error}");
        return this;
    }
}
