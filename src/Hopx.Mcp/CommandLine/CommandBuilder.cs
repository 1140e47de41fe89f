using System.CommandLine;
using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.CommandLine;

/// <summary>Makes commands whose failures, signals and settings are all handled alike.</summary>
internal static class CommandBuilder
{
    /// <param name="name">Name on the command line.</param>
    /// <param name="description">One sentence for the help.</param>
    /// <param name="parts">Options and arguments; a <see cref="SettingOption"/> among them overrides the setting that it names.</param>
    /// <param name="run">What the command does.</param>
    public static Command Create(string name, string description, IReadOnlyList<Symbol> parts, Func<ParseResult, CommandContext, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var part in parts)
        {
            if (part is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)part);
            }
        }

        command.Options.Add(SettingOption.Home);
        command.SetAction((arguments, _) => RunAsync(arguments, run));
        return command;
    }

    public static Command Group(string name, string description, params IEnumerable<Command> commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands)
        {
            group.Add(command);
        }

        return group;
    }

    private static Task<int> RunAsync(ParseResult arguments, Func<ParseResult, CommandContext, CancellationToken, Task<int>> run)
    {
        var (output, error) = (arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error);
        return CommandFailures.GuardAsync(
            token => run(arguments, new CommandContext(HopxSettings.Load(SettingOption.ValuesIn(arguments)), output, error), token), error, DebugMode.IsOn);
    }
}
