namespace Hopx.Client;

/// <summary>Answer of <c>POST /commands/run</c>. A command that failed is an answer, not an error.</summary>
public sealed record CommandResult : RunAnswer
{
    public string? Command { get; init; }

    public int? Pid { get; init; }
}
