using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>What a Python process is to become.</summary>
internal sealed record PythonStart
{
    /// <summary>Full path of the interpreter.</summary>
    public required string Executable { get; init; }

    /// <summary>Environment, with the mark of its family.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>Standard input, output and error, and what takes rich output of a single run.</summary>
    public required IReadOnlyList<SafeFileHandle> Streams { get; init; }

    public required int RichOutputLimitBytes { get; init; }

    /// <summary>The code of a single run; a kernel when null.</summary>
    public string? Code { get; init; }

    public static string ToText(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in variables)
        {
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return text.ToString();
    }
}
