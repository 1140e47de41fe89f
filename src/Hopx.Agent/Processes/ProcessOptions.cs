using System.ComponentModel.DataAnnotations;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Bounds on what callers run.</summary>
internal sealed class ProcessOptions
{
    /// <summary>Bytes of each output stream that an answer keeps; the middle of more is cut out.</summary>
    /// <value>From 1 KiB to 256 MiB; 4 MiB by default.</value>
    [Range(1024, 256 * 1024 * 1024)]
    public int OutputLimitBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Runs at the same time; one more is refused.</summary>
    /// <value>From 1 to 1024; 16 by default.</value>
    [Range(1, 1024)]
    public int MaxConcurrentRuns { get; set; } = 16;

    /// <summary>The longest time that a caller may ask for; longer ones are shortened to it.</summary>
    /// <value>From 1 second to 24 hours; 1 hour by default.</value>
    [TimeRange("00:00:01", "1.00:00:00")]
    public TimeSpan MaxTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long an answer waits for output that a left-behind process may still write.</summary>
    /// <value>From 0 to 1 second; 0.5 seconds by default.</value>
    [TimeRange("00:00:00", "00:00:01")]
    public TimeSpan OutputGrace { get; set; } = TimeSpan.FromSeconds(0.5);
}

[OptionsValidator]
internal sealed partial class ProcessOptionsValidator : IValidateOptions<ProcessOptions>;
