using System.Text;
using System.Text.RegularExpressions;

namespace Hopx.Agent;

/// <summary>Runs JavaScript in Node.js, which reads it from its standard input; so <c>require</c> looks for packages from the working directory on.</summary>
internal sealed partial class JavaScriptRunner : ILanguageRunner
{
    public Language Language => Language.JavaScript;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        var source = Descriptor.CreateMemoryFile("code", Encoding.UTF8.GetBytes(code));
        string[] arguments = IsModule(code) ? ["--input-type=module", "-"] : ["-"];
        var spec = place.ToSpec("node", arguments) with
        {
            Stdin = source,
            MissingAdvice = "node is not installed in this sandbox's template. Use a template that has it, such as code-interpreter.",
        };
        return new PreparedRun(spec, [source]);
    }

    /// <summary>Whether code needs to be a module: it imports, exports or awaits at its outermost level. Node before 22 does not find out by itself.</summary>
    internal static bool IsModule(string code) =>
        ImportOrExport().IsMatch(code) || (OutermostAwait().IsMatch(code) && !code.Contains("require(", StringComparison.Ordinal));

    [GeneratedRegex("""^(import\s*["'{*\w]|export\s+(default|const|let|var|function|class|async|\{|\*))""", RegexOptions.Multiline)]
    private static partial Regex ImportOrExport();

    [GeneratedRegex(@"^((const|let|var)\s[^=\n]*=\s*)?await\s", RegexOptions.Multiline)]
    private static partial Regex OutermostAwait();
}
