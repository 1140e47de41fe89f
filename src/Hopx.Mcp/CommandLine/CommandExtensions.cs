using System.CommandLine;

namespace Hopx.Mcp.CommandLine;

internal static class CommandExtensions
{
    /// <summary>Runs what the arguments ask for. Arguments that make no sense are told in one line each; nobody reads a page of help to find the fault.</summary>
    public static async Task<int> RunAsync(this RootCommand program, IReadOnlyList<string> args, InvocationConfiguration? configuration = null)
    {
        configuration ??= new InvocationConfiguration();
        // Signals and failures are handled where every command begins, also without a parsed command line.
        configuration.ProcessTerminationTimeout = null;
        configuration.EnableDefaultExceptionHandler = false;
        // A file name that begins with @ is a file name.
        var arguments = program.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (arguments.Errors is [])
        {
            return await arguments.InvokeAsync(configuration);
        }

        // A word that is no command would also be told as a missing one.
        foreach (var fault in arguments.UnmatchedTokens is [] ? arguments.Errors : arguments.Errors.TakeLast(arguments.UnmatchedTokens.Count))
        {
            await configuration.Error.WriteLineAsync($"error: {fault.Message}");
        }

        await configuration.Error.WriteLineAsync($"'hopx-mcp {Path(arguments.CommandResult)}--help' shows what there is.");
        return ExitCodes.BadUsage;
    }

    private static string Path(System.CommandLine.Parsing.CommandResult command) =>
        command.Parent is System.CommandLine.Parsing.CommandResult parent ? $"{Path(parent)}{command.Command.Name} " : "";
}
