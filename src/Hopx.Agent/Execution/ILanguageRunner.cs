using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Knows how one language's code is handed to its interpreter.</summary>
internal interface ILanguageRunner
{
    Language Language { get; }

    /// <summary>Makes the run ready; what it makes is undone with the result.</summary>
    /// <param name="code">What to run.</param>
    /// <param name="place">Directory, environment and time of the run.</param>
    PreparedRun Prepare(string code, RunPlace place);
}

/// <summary>Where and how long code runs, and whether somebody may type into its standard input.</summary>
internal sealed record RunPlace(string Directory, IReadOnlyDictionary<string, string> Environment, TimeSpan Timeout, bool TakesInput = false)
{
    public RunSpec ToSpec(string program, params string[] arguments) =>
        new() { Program = program, Arguments = arguments, Environment = Environment, WorkingDirectory = Directory, Timeout = Timeout };
}

/// <summary>A run and what has to be released after it.</summary>
internal sealed class PreparedRun(RunSpec spec, IReadOnlyList<SafeFileHandle> files, Action? cleanUp = null) : IDisposable
{
    public RunSpec Spec { get; } = spec;

    public void Dispose()
    {
        foreach (var file in files)
        {
            file.Dispose();
        }

        cleanUp?.Invoke();
    }
}
