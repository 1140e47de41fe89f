using System.CommandLine;
using Hopx.Mcp.CommandLine;

namespace Hopx.Mcp.Tests.CommandLine;

/// <summary>What a command printed and how it ended.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public static async Task<CommandRun> OfAsync(Command command, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await new RootCommand { command }.RunAsync(arguments, new InvocationConfiguration { Output = output, Error = error });
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }
}
