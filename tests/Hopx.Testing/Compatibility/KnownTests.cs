using System.Text.RegularExpressions;

namespace Hopx.Testing.Compatibility;

/// <summary>The tests of all projects, found in their sources, since no project can see all the others.</summary>
public static partial class KnownTests
{
    /// <summary>Full names of all tests that are not switched off.</summary>
    public static IReadOnlySet<string> Find() => Directory
        .EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .SelectMany(file => NamesIn(File.ReadAllText(file)))
        .ToHashSet();

    private static IEnumerable<string> NamesIn(string source)
    {
        if (Namespace().Match(source) is not { Success: true } space)
        {
            yield break;
        }

        var classes = Class().Matches(source);
        foreach (Match method in Method().Matches(source))
        {
            if (classes.LastOrDefault(type => type.Index < method.Index) is { } type && !method.Groups["attributes"].Value.Contains("Skip =", StringComparison.Ordinal))
            {
                yield return $"{space.Groups[1].Value}.{type.Groups[1].Value}.{method.Groups["name"].Value}";
            }
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^public (?:sealed |abstract |partial )*class (\w+)", RegexOptions.Multiline)]
    private static partial Regex Class();

    [GeneratedRegex(@"(?<attributes>\[(?:Fact|Theory)[^\n]*\n(?:\s*\[[^\n]*\n)*)\s*public (?:async )?(?:Task|void|ValueTask) (?<name>\w+)\(")]
    private static partial Regex Method();
}
