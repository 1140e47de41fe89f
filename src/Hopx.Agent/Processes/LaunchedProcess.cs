using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A process that has been started, with our ends of its pipes.</summary>
internal sealed class LaunchedProcess(ChildProcess child, string mark, IReadOnlyList<SafeFileHandle> outputs, SafeFileHandle? input, string? inputName) : IDisposable
{
    public ChildProcess Child => child;

    /// <summary>The mark of its family.</summary>
    public string Mark => mark;

    /// <summary>Read ends: stdout, stderr, and possibly one more.</summary>
    public IReadOnlyList<SafeFileHandle> Outputs => outputs;

    /// <summary>Write end of its standard input, when that is a pipe.</summary>
    public SafeFileHandle? Input => input;

    /// <summary>What <c>/proc</c> calls that pipe.</summary>
    public string? InputName => inputName;

    /// <summary>What the processors had worked for it before it was given its task.</summary>
    public TimeSpan EarlierCpuTime { get; set; }

    public void Dispose()
    {
        input?.Dispose();
        foreach (var output in outputs)
        {
            output.Dispose();
        }
    }
}
