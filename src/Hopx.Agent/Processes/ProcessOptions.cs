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

    /// <summary>Bytes of output that all runs together keep while they go on; when they are used up, a run keeps less than its own limit, yet some at any rate.</summary>
    /// <value>From 1 MiB to 16 GiB; 128 MiB by default.</value>
    [Range(1024L * 1024, 16L * 1024 * 1024 * 1024)]
    public long TotalOutputLimitBytes { get; set; } = 128L * 1024 * 1024;

    /// <summary>Runs at the same time; one more waits for its turn, as long as it would be allowed to take.</summary>
    /// <value>From 1 to 1024; 32 by default.</value>
    [Range(1, 1024)]
    public int MaxConcurrentRuns { get; set; } = 32;

    /// <summary>Runs that wait for their turn; one more is refused.</summary>
    /// <value>From 0 to 65536; 4096 by default.</value>
    [Range(0, 65536)]
    public int MaxQueuedRuns { get; set; } = 4096;

    /// <summary>Bytes of code that are held for runs that wait; more is refused.</summary>
    /// <value>From 1 MiB to 1 GiB; 64 MiB by default.</value>
    [Range(1024 * 1024, 1024 * 1024 * 1024)]
    public long MaxQueuedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long a run goes on until it counts among the long ones and gives its place to the next that waits.</summary>
    /// <value>From 0.1 seconds to 1 hour; 5 seconds by default.</value>
    [TimeRange("00:00:00.1", "01:00:00")]
    public TimeSpan LongRunAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Long runs at the same time; beyond that a long run keeps its place.</summary>
    /// <value>From 0 to 1024; 256 by default.</value>
    [Range(0, 1024)]
    public int MaxLongRuns { get; set; } = 256;

    /// <summary>Interpreters that wait for code of the kinds that were used last.</summary>
    /// <value>From 0 (none) to 8; 2 by default.</value>
    [Range(0, 8)]
    public int SpareProcesses { get; set; } = 2;

    /// <summary>How long such an interpreter waits before it is given up.</summary>
    /// <value>From 1 second to 24 hours; 5 minutes by default.</value>
    [TimeRange("00:00:01", "1.00:00:00")]
    public TimeSpan SpareLife { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a run that has ended waits for a follower that takes none of its output.</summary>
    /// <value>From 1 second to 1 hour; 1 minute by default.</value>
    [TimeRange("00:00:01", "01:00:00")]
    public TimeSpan FollowerPatience { get; set; } = TimeSpan.FromMinutes(1);

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
