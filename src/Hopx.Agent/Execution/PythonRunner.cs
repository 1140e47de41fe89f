using System.Text;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Runs Python by a small script of ours, which shows the last expression and the figures through a channel of their own.</summary>
internal sealed class PythonRunner(IOptions<ExecutionOptions> options) : ILanguageRunner
{
    private const string ScriptName = "hopx_runner.py";

    private readonly byte[] _script = ReadScript();

    public Language Language => Language.Python;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        var script = Descriptor.CreateMemoryFile(ScriptName, _script);
        var source = Descriptor.CreateMemoryFile("code", Encoding.UTF8.GetBytes(code));
        var spec = place.ToSpec("python3", "/dev/fd/3") with
        {
            Environment = WithoutDisplay(place.Environment),
            Inputs = [script, source],
            SideChannel = BoundedOutput.Head(options.Value.RichOutputLimitBytes),
            MissingAdvice = "python3 is not installed in this sandbox's template. Use a template that has it, such as code-interpreter.",
        };
        return new PreparedRun(spec, [script, source]);
    }

    // Without it matplotlib looks for a screen first.
    private static Dictionary<string, string> WithoutDisplay(IReadOnlyDictionary<string, string> environment)
    {
        var variables = new Dictionary<string, string>(environment);
        variables.TryAdd("MPLBACKEND", "Agg");
        return variables;
    }

    private static byte[] ReadScript()
    {
        using var stream = typeof(PythonRunner).Assembly.GetManifestResourceStream(ScriptName)!;
        var script = new byte[stream.Length];
        stream.ReadExactly(script);
        return script;
    }
}
