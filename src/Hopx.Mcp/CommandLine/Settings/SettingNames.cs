using System.Collections;
using System.Text.Json;

namespace Hopx.Mcp.CommandLine.Settings;

/// <summary>
/// One rule for all names: the property <c>MaxSandboxes</c> is <c>HOPX_MAX_SANDBOXES</c> in the environment, <c>Hopx:MaxSandboxes</c> in a file
/// and <c>--max-sandboxes</c> on the command line, where a command offers it.
/// </summary>
internal static class SettingNames
{
    public const string Section = "Hopx";

    private const string Prefix = "HOPX_";

    public static string Key(string property) => ConfigurationPath.Combine(Section, property);

    public static string Variable(string property) => Prefix + JsonNamingPolicy.SnakeCaseUpper.ConvertName(property);

    public static string Flag(string property) => "--" + JsonNamingPolicy.KebabCaseLower.ConvertName(property);

    /// <summary>The settings among the variables of an environment. Keys of a configuration know no case, so only underscores go.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> FromEnvironment(IDictionary environment)
    {
        foreach (DictionaryEntry entry in environment)
        {
            if (entry.Key is string name && name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length > Prefix.Length)
            {
                yield return new(Key(name[Prefix.Length..].Replace("_", "", StringComparison.Ordinal)), (string?)entry.Value);
            }
        }
    }
}
