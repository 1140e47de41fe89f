namespace Hopx.Client;

/// <summary>News of a run that goes on.</summary>
public abstract record RunUpdate;

/// <summary>It wrote something.</summary>
public sealed record RunOutput : RunUpdate
{
    public required string Text { get; init; }

    public bool IsStderr { get; init; }
}

/// <summary>It waits for input.</summary>
public sealed record RunWaits : RunUpdate
{
    public required InputWait Wait { get; init; }
}

/// <summary>It has ended; nothing comes after this.</summary>
/// <typeparam name="TAnswer">What is known about it: all but its output, which came before.</typeparam>
public sealed record RunEnded<TAnswer> : RunUpdate
    where TAnswer : RunAnswer
{
    public required TAnswer Answer { get; init; }
}
