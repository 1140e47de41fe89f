namespace Hopx.Client;

/// <summary>Body of <c>POST /commands/run</c>. With <see cref="Args"/> the program is started as it is; without, <see cref="Command"/> is a line for the shell.</summary>
public record CommandRequest
{
    public string? Command { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    /// <summary>Seconds; 30 when absent.</summary>
    public double? Timeout { get; init; }

    public string? Workdir { get; init; }

    /// <summary>Another spelling of <see cref="Workdir"/>, which wins.</summary>
    public string? WorkingDir { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>Whether its standard input stays open, so that a command that reads is reported as waiting and can be answered; otherwise it is empty.</summary>
    public bool? Interactive { get; init; }

    /// <summary>
    /// Whether it runs on a terminal of its own, 80 by 24, for programs that behave otherwise there or ask there, such as ssh and sudo. It can be typed into as
    /// an interactive one; all output is <c>stdout</c>, as the terminal shows it; what it leaves behind gets SIGHUP. An addition of hopx-mcp's own agent.
    /// </summary>
    public bool? Terminal { get; init; }

    /// <summary>Seconds after which the answer comes although the command goes on, as a job.</summary>
    public double? DetachAfter { get; init; }

    /// <summary>Seconds that a command with <see cref="DetachAfter"/> gets in all. Services without jobs go by <see cref="Timeout"/>, so that they answer in time.</summary>
    public double? JobTimeout { get; init; }
}
