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

    /// <summary>Standard input; empty when null.</summary>
    public SafeFileHandle? Stdin { get; init; }

    /// <summary>What the program finds as descriptor 3, 4 and so on.</summary>
    public IReadOnlyList<SafeFileHandle> Inputs { get; init; } = [];

    /// <summary>Takes what the program writes to one more descriptor, after <see cref="Inputs"/>.</summary>
    public BoundedOutput? SideChannel { get; init; }

    /// <summary>What to say when the program is missing.</summary>
    public string? MissingAdvice { get; init; }
}
