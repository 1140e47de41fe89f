using System.Text;
using System.Text.RegularExpressions;

namespace Hopx.Agent;

/// <summary>
/// Runs JavaScript in Node.js, which reads it from its standard input; so <c>require</c> looks for packages from the working directory on.
/// A process that was started before and waits for its code is the same as a fresh one that has come so far.
/// </summary>
internal sealed partial class JavaScriptRunner : ILanguageRunner
{
    // Linux passes at most 128 KiB as one argument.
    private const int MaxArgumentBytes = 120 * 1024;

    private const string ReadFromDescriptor =
        "require('vm').runInThisContext(require('fs').readFileSync(3, 'utf8'), { filename: '[stdin]', importModuleDynamically: require('vm').constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER })";

    // A module is imported by name, so Node.js is told of one that is in the working directory, where what it imports itself is looked for.
    private const string ImportFromDescriptor = """
        const { readFileSync } = await import('node:fs'), { register } = await import('node:module'), { pathToFileURL } = await import('node:url');
        const url = new URL('[stdin]', pathToFileURL(process.cwd() + '/')).href;
        const hooks = `let data;
            export const initialize = given => data = given;
            export const resolve = (name, context, next) => name === data.url ? { url: name, format: 'module', shortCircuit: true } : next(name, context);
            export const load = (url, context, next) => url === data.url ? { source: data.source, format: 'module', shortCircuit: true } : next(url, context);`;
        register('data:text/javascript,' + encodeURIComponent(hooks), { parentURL: import.meta.url, data: { url, source: readFileSync(3, 'utf8') } });
        await import(url);
        """;

    private const string MissingAdvice = "node is not installed in this sandbox's template. Use a template that has it, such as code-interpreter.";

    public Language Language => Language.JavaScript;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        var isModule = IsModule(code);
        var bytes = Encoding.UTF8.GetBytes(code);
        if (place.TakesInput)
        {
            return PrepareForInput(code, bytes, isModule, place);
        }

        string[] arguments = isModule ? ["--input-type=module", "-"] : ["-"];
        return new PreparedRun(place.ToSpec("node", arguments) with { Feed = bytes, HeldBytes = bytes.Length, CanBeSpare = true, MissingAdvice = MissingAdvice }, []);
    }

    // Then its standard input is the caller's, so the code comes another way.
    private static PreparedRun PrepareForInput(string code, byte[] bytes, bool isModule, RunPlace place)
    {
        if (bytes.Length <= MaxArgumentBytes && !code.Contains('\0', StringComparison.Ordinal))
        {
            string[] arguments = isModule ? ["--input-type=module", "-e", code] : ["-e", code];
            return new PreparedRun(place.ToSpec("node", arguments) with { MissingAdvice = MissingAdvice }, []);
        }

        var source = Descriptor.CreateMemoryFile("code", bytes);
        string[] reading = isModule ? ["--input-type=module", "-e", ImportFromDescriptor] : ["-e", ReadFromDescriptor];
        return new PreparedRun(place.ToSpec("node", reading) with { Inputs = [source], HeldBytes = bytes.Length, MissingAdvice = MissingAdvice }, [source]);
    }

    /// <summary>Whether code needs to be a module: it imports, exports or awaits at its outermost level. Node before 22 does not find out by itself.</summary>
    internal static bool IsModule(string code) =>
        ImportOrExport().IsMatch(code) || (OutermostAwait().IsMatch(code) && !code.Contains("require(", StringComparison.Ordinal));

    [GeneratedRegex("""^(import\s*["'{*\w]|export\s+(default|const|let|var|function|class|async|\{|\*))""", RegexOptions.Multiline)]
    private static partial Regex ImportOrExport();

    [GeneratedRegex(@"^((const|let|var)\s[^=\n]*=\s*)?await\s", RegexOptions.Multiline)]
    private static partial Regex OutermostAwait();
}
