using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A process to start.</summary>
internal sealed record ProcessSpec
{
    /// <summary>Full path of the program.</summary>
    public required string Executable { get; init; }

    /// <summary>Arguments, the name of the program first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required SafeFileHandle Stdout { get; init; }

    public required SafeFileHandle Stderr { get; init; }

    /// <summary>Standard input; empty when null.</summary>
    public SafeFileHandle? Stdin { get; init; }

    /// <summary>Path of a terminal that becomes its standard input and, since it leads a session, its controlling terminal; used instead of <see cref="Stdin"/>.</summary>
    public string? Terminal { get; init; }

    /// <summary>Descriptors that the process gets as 3, 4 and so on.</summary>
    public IReadOnlyList<SafeFileHandle> ExtraDescriptors { get; init; } = [];
}
