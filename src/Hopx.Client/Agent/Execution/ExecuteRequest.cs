namespace Hopx.Client;

/// <summary>Body of <c>POST /execute</c>.</summary>
public sealed record ExecuteRequest
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
}
