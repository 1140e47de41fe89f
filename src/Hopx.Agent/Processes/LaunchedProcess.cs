using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A process that has been started, with our ends of its pipes.</summary>
/// <param name="child">The process.</param>
/// <param name="mark">The mark of its family.</param>
/// <param name="outputs">Read ends of its pipes.</param>
/// <param name="input">Write end of its standard input, when that is a pipe.</param>
/// <param name="inputName">What <c>/proc</c> calls that pipe.</param>
internal sealed class LaunchedProcess(ChildProcess child, string mark, IReadOnlyList<SafeFileHandle> outputs, SafeFileHandle? input, string? inputName) : IDisposable
{
    public ChildProcess Child => child;

    /// <summary>The mark of its family.</summary>
    public string Mark => mark;

    /// <summary>Read ends: stdout, stderr, and possibly one more.</summary>
    public IReadOnlyList<SafeFileHandle> Outputs => outputs;

    /// <summary>Write end of its standard input, when that is a pipe.</summary>
    public SafeFileHandle? Input => input;

    /// <summary>Its terminal, when it has one: its input, and what it writes.</summary>
    public PseudoTerminal? Terminal { get; init; }

    /// <summary>Where it reads what is typed.</summary>
    public InputSource InputSource => Terminal is { } terminal ? Hopx.Agent.InputSource.Terminal(terminal.Number) : Hopx.Agent.InputSource.Pipe(inputName!);

    /// <summary>What the processors had worked for it before it was given its task.</summary>
    public TimeSpan EarlierCpuTime { get; set; }

    public void Dispose()
    {
        input?.Dispose();
        Terminal?.Dispose();
        foreach (var output in outputs)
        {
            output.Dispose();
        }
    }
}
