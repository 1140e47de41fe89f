namespace Hopx.Client;

/// <summary>Body of <c>POST /execute</c>.</summary>
public record ExecuteRequest
{
    public string? Code { get; init; }

    /// <summary>python, javascript, bash or go, or one of their aliases; python when absent.</summary>
    public string? Language { get; init; }

    /// <summary>Seconds; 60 when absent.</summary>
    public double? Timeout { get; init; }

    public string? Workdir { get; init; }

    /// <summary>Another spelling of <see cref="Workdir"/>, which wins.</summary>
    public string? WorkingDir { get; init; }

    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>The Python kernel to run in, made when it is missing; the sandbox's default one when absent.</summary>
    public string? Kernel { get; init; }

    /// <summary>Whether Python code meets an interpreter of its own instead of the kernel.</summary>
    public bool? Clean { get; init; }

    /// <summary>Whether its standard input stays open, so that a run that reads is reported as waiting and can be answered; otherwise it is empty.</summary>
    public bool? Interactive { get; init; }

    /// <summary>Seconds after which the answer comes although the run goes on, as a job.</summary>
    public double? DetachAfter { get; init; }

    /// <summary>Seconds that a run with <see cref="DetachAfter"/> gets in all. Services without jobs go by <see cref="Timeout"/>, so that they answer in time.</summary>
    public double? JobTimeout { get; init; }
}
