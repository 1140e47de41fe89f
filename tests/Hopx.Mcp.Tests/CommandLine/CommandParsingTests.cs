using Hopx.Mcp.CommandLine;

namespace Hopx.Mcp.Tests.CommandLine;

public sealed class CommandParsingTests
{
    [Fact]
    public async Task A_command_that_does_not_exist_is_bad_usage()
    {
        var run = await CommandRun.OfAsync(VersionCommand.Create(), "vresion");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Equal("error: Unrecognized command or argument 'vresion'.\n'hopx-mcp --help' shows what there is.\n", run.Error);
    }

    [Fact]
    public async Task A_flag_that_does_not_exist_is_bad_usage()
    {
        var run = await CommandRun.OfAsync(VersionCommand.Create(), "version", "--jason");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'hopx-mcp version --help'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sandboxes_are_deleted_by_name_or_all_but_not_both_and_not_neither()
    {
        Assert.Equal(2, (await CommandRun.OfAsync(SandboxCommand.Create(), "sandbox", "delete")).ExitCode);
        Assert.Equal(2, (await CommandRun.OfAsync(SandboxCommand.Create(), "sandbox", "delete", "abc", "--all")).ExitCode);
    }

    [Fact]
    public async Task The_version_is_also_there_for_programs()
    {
        Assert.StartsWith("hopx-mcp ", (await CommandRun.OfAsync(VersionCommand.Create(), "version")).Output, StringComparison.Ordinal);
        Assert.Contains("\"version\"", (await CommandRun.OfAsync(VersionCommand.Create(), "version", "--json")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1:1")]
    [InlineData("http://127.0.0.1:7070/path")]
    [InlineData("https://127.0.0.1:7070")]
    [InlineData("7070")]
    [InlineData("http://some.name:7070")]
    [InlineData("http://127.0.0.1:99999")]
    public async Task An_address_that_cannot_be_listened_on_is_bad_usage(string url)
    {
        var run = await CommandRun.OfAsync(ServeCommand.Create(), "serve", "--urls", url);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"'{url}'", run.Error, StringComparison.Ordinal);
    }
}
