using System.ComponentModel.DataAnnotations;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Bounds on runs that go on without their caller.</summary>
internal sealed class JobOptions
{
    /// <summary>Where what jobs write is kept, in a directory for each; code in the sandbox may read it.</summary>
    /// <value>An absolute path; <c>/var/lib/hopx/jobs</c> by default.</value>
    [RegularExpression("^/.*", ErrorMessage = "Jobs:Directory must be an absolute path.")]
    public string Directory { get; set; } = "/var/lib/hopx/jobs";

    /// <summary>Bytes of each output stream of a job that are kept; the middle of more is given up.</summary>
    /// <value>From 64 KiB to 16 GiB; 32 MiB by default.</value>
    [Range(64L * 1024, 16L * 1024 * 1024 * 1024)]
    public long OutputLimitBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Bytes that all jobs together may keep; the oldest that have ended are forgotten for it.</summary>
    /// <value>From 64 KiB to 64 GiB; 512 MiB by default.</value>
    [Range(64L * 1024, 64L * 1024 * 1024 * 1024)]
    public long TotalOutputLimitBytes { get; set; } = 512 * 1024 * 1024;

    /// <summary>Ended jobs that are remembered.</summary>
    /// <value>From 1 to 10,000; 100 by default.</value>
    [Range(1, 10_000)]
    public int KeptEndedJobs { get; set; } = 100;

    /// <summary>The longest that one request waits for a job.</summary>
    /// <value>From 1 second to 1 hour; 10 minutes by default.</value>
    [TimeRange("00:00:01", "01:00:00")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMinutes(10);
}

[OptionsValidator]
internal sealed partial class JobOptionsValidator : IValidateOptions<JobOptions>;
