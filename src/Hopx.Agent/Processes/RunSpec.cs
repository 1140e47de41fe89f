using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A program to run to its end, within bounds.</summary>
internal sealed record RunSpec
{
    /// <summary>Name or path of the program, looked up in the PATH of <see cref="Environment"/>.</summary>
    public required string Program { get; init; }

    /// <summary>Arguments after the name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>Whether it runs on a terminal of its own, which is its standard input and takes all that it writes.</summary>
    public bool UsesTerminal { get; init; }

    /// <summary>Standard input; empty when null.</summary>
    public SafeFileHandle? Stdin { get; init; }

    /// <summary>What it reads from its standard input, a pipe, before that ends.</summary>
    public ReadOnlyMemory<byte>? Feed { get; init; }

    /// <summary>Whether a process that was started earlier, with the same arguments, place and environment, can do it: one that waits for its <see cref="Feed"/>.</summary>
    public bool CanBeSpare { get; init; }

    /// <summary>Bytes that the agent holds for it while it waits for its turn.</summary>
    public long HeldBytes { get; init; }

    /// <summary>What the program finds as descriptor 3, 4 and so on.</summary>
    public IReadOnlyList<SafeFileHandle> Inputs { get; init; } = [];

    /// <summary>Takes what the program writes to one more descriptor, after <see cref="Inputs"/>.</summary>
    public BoundedOutput? SideChannel { get; init; }

    /// <summary>Starts the process in a way of its own, such as a fork of one that is ready; by its program when null.</summary>
    public Func<ProcessSpec, ChildProcess>? Launch { get; init; }

    /// <summary>What to say when the program is missing.</summary>
    public string? MissingAdvice { get; init; }
}
