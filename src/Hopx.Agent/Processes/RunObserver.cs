using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Follows a run while it goes on. The answer at its end is the same with and without.</summary>
internal class RunObserver
{
    /// <summary>Follows nothing, and gives the run an empty standard input.</summary>
    public static RunObserver None { get; } = new();

    /// <summary>Whether the run gets a standard input that can be typed into.</summary>
    public virtual bool TakesInput => false;

    /// <summary>Takes output in the order in which it came. Until the task is done nothing more is read, so a slow observer slows the run.</summary>
    public virtual ValueTask OnOutputAsync(OutputKind kind, ReadOnlyMemory<byte> bytes) => ValueTask.CompletedTask;

    /// <summary>The run waits for input; null when it goes on again.</summary>
    public virtual void OnInputWait(InputWait? wait)
    {
    }
}

/// <summary>Which of its two streams a run wrote to.</summary>
internal enum OutputKind
{
    Stdout,
    Stderr,
}
