using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Our own Python, which goes into the interpreter as files without a name: nothing in the sandbox can change it beforehand.</summary>
internal sealed class PythonProgram
{
    public const string Executable = "python3";
    public const string Missing = "python3 is not installed in this sandbox's template. Use a template that has it, such as code-interpreter.";

    private const string Script = "hopx_python.py";
    private const string Shell = "hopx_shell.py";

    private readonly byte[] _script = Read(Script);
    private readonly byte[] _shell = Read(Shell);

    /// <summary>Arguments that start it with what <see cref="Open"/> returns.</summary>
    public static string[] Arguments(string role) => ["/dev/fd/3", role];

    /// <summary>What it finds as descriptors 3, 4 and 5.</summary>
    /// <param name="channel">The process's end of its channel; closed with the result.</param>
    public IReadOnlyList<SafeFileHandle> Open(SafeFileHandle channel)
    {
        var script = Descriptor.CreateMemoryFile(Script, _script);
        try
        {
            return [script, channel, Descriptor.CreateMemoryFile(Shell, _shell)];
        }
        catch
        {
            script.Dispose();
            throw;
        }
    }

    private static byte[] Read(string name)
    {
        using var stream = typeof(PythonProgram).Assembly.GetManifestResourceStream(name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
