using System.ComponentModel.DataAnnotations;
using Hopx.Client;

namespace Hopx.ControlPlane;

/// <summary>Settings of the embedded control plane.</summary>
public sealed class ControlPlaneOptions
{
    /// <summary>Where templates, sandboxes and state are kept.</summary>
    /// <value>A directory; <c>$XDG_DATA_HOME/hopx</c> or <c>~/.local/share/hopx</c> by default.</value>
    [Required]
    public string Home { get; set; } = DefaultHome();

    /// <summary>Where built templates are kept; homes that share one build each template once.</summary>
    /// <value>A directory; <c>templates</c> in <see cref="Home"/> by default.</value>
    [Required]
    public string TemplateDirectory
    {
        get => string.IsNullOrEmpty(field) ? Path.Combine(Path.GetFullPath(Home), "templates") : field;
        set;
    } = "";

    /// <summary>OCI runtime that runs the sandboxes.</summary>
    /// <value><c>auto</c>, <c>runc</c>, <c>crun</c>, <c>runsc</c>, or a path; <c>auto</c> by default: the first one that works here.</value>
    [Required]
    public string Runtime { get; set; } = "auto";

    /// <summary>Native agent that is mounted into sandboxes.</summary>
    /// <value>A path; found beside the program or built from the sources by default.</value>
    public string? AgentPath { get; set; }

    /// <summary>Name of the region in answers, and the only one that a create may name.</summary>
    /// <value><c>local</c> by default.</value>
    [Required]
    public string Region { get; set; } = "local";

    /// <summary>Longest lifetime that a caller can ask for.</summary>
    /// <value>From 1 minute to 365 days; 30 days by default.</value>
    [TimeRange("00:01:00", "365.00:00:00")]
    public TimeSpan MaxLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How many sandboxes there may be at once.</summary>
    /// <value>From 1 to 10,000; 200 by default.</value>
    [Range(1, 10_000)]
    public int MaxSandboxes { get; set; } = 200;

    /// <summary>How many sandboxes one organization may have at once.</summary>
    /// <value>From 1 to 10,000; 200 by default.</value>
    [Range(1, 10_000)]
    public int MaxSandboxesPerOrganization { get; set; } = 200;

    /// <summary>How long nobody may use a running sandbox until it is paused; the next request wakes it, in a few milliseconds.</summary>
    /// <remarks>Used is one that a request waits for, or whose processes take processor time. A process that only waits is paused with the others.</remarks>
    /// <value>Up to 7 days; 0 by default: never.</value>
    [TimeRange("00:00:00", "7.00:00:00")]
    public TimeSpan IdlePauseAfter { get; set; }

    /// <summary>How many events are kept for readers who lost their connection.</summary>
    /// <value>From 100 to 100,000; 2,000 by default.</value>
    [Range(100, 100_000)]
    public int EventLogSize { get; set; } = 2_000;

    /// <summary>How many event streams may be open at once.</summary>
    /// <value>From 1 to 100,000; 2,000 by default.</value>
    [Range(1, 100_000)]
    public int MaxEventReaders { get; set; } = 2_000;

    /// <summary>How long an event stream is silent at the most before it says that it is still there.</summary>
    /// <value>From 100 milliseconds to 5 minutes; 15 seconds by default.</value>
    [TimeRange("00:00:00.1", "00:05:00")]
    public TimeSpan EventKeepAlive { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a metrics stream tells.</summary>
    /// <value>From 100 milliseconds to 1 minute; 1 second by default.</value>
    [TimeRange("00:00:00.1", "00:01:00")]
    public TimeSpan MetricsInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many requests of one API key the control plane takes in a minute.</summary>
    /// <value>From 1 to 1,000,000; 6,000 by default.</value>
    [Range(1, 1_000_000)]
    public int RequestsPerMinute { get; set; } = 6_000;

    /// <summary>How many sandboxes one API key may make in a minute.</summary>
    /// <value>From 1 to 100,000; 600 by default.</value>
    [Range(1, 100_000)]
    public int CreatesPerMinute { get; set; } = 600;

    /// <summary>How many processes and threads a sandbox may have.</summary>
    /// <value>From 64 to 32,768; 512 by default.</value>
    [Range(64, 32_768)]
    public int MaxProcesses { get; set; } = 512;

    /// <summary>Whether a sandbox's agent may post the result of asynchronous code to an address of the sandbox itself or of a private network.</summary>
    /// <value>false by default: such addresses are refused.</value>
    public bool AllowPrivateCallbacks { get; set; }

    /// <summary>How many sandboxes are kept ready, so that a create need not wait for one to be made.</summary>
    /// <value>
    /// A number from 0 to 100 for the template <c>code-interpreter</c>, or templates with numbers, such as <c>code-interpreter=2,base=1</c>.
    /// <c>auto</c> by default: under <c>serve</c> two of <c>code-interpreter</c> (one below 8 GiB of memory, none below 4), under <c>stdio</c> none.
    /// </value>
    [WarmSandboxSizes]
    public string WarmSandboxes { get; set; } = WarmSandboxSizesAttribute.Auto;

    /// <summary>How long a sandbox is kept ready before a fresh one takes its place. It ends by itself then, also without a server.</summary>
    /// <value>From 1 minute to 1 day; 1 hour by default.</value>
    [TimeRange("00:01:00", "1.00:00:00")]
    public TimeSpan WarmSandboxLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many times the machine's memory the limits of all sandboxes together may be.</summary>
    /// <remarks>An idle sandbox takes 2 % of its 2 GiB. What is really free is looked at besides.</remarks>
    /// <value>From 1 to 1,000; 20 by default.</value>
    [Range(1, 1_000)]
    public int MemoryOvercommit { get; set; } = 20;

    /// <summary>How many times the machine's processes the limits of all sandboxes together may be.</summary>
    /// <value>From 1 to 1,000; 8 by default.</value>
    [Range(1, 1_000)]
    public int ProcessOvercommit { get; set; } = 8;

    /// <summary>Disk that must stay free in the home, in MiB, for a sandbox to be made.</summary>
    /// <value>From 0 to 1,000,000; 512 by default.</value>
    [Range(0, 1_000_000)]
    public int MinFreeDiskMib { get; set; } = 512;

    /// <summary>How many sandboxes are launched at once; further ones wait for their turn.</summary>
    /// <value>From 0 to 256; 0 by default: two for each processor.</value>
    [Range(0, 256)]
    public int LaunchesAtOnce { get; set; }

    /// <summary>How long a create waits for its turn to be launched before it is refused.</summary>
    /// <value>From 1 second to 5 minutes; 40 seconds by default, since clients give up at 60.</value>
    [TimeRange("00:00:01", "00:05:00")]
    public TimeSpan LaunchPatience { get; set; } = TimeSpan.FromSeconds(40);

    /// <summary>How long requests may take to end when the server is asked to.</summary>
    /// <value>From 0 to 10 minutes; 10 seconds by default.</value>
    [TimeRange("00:00:00", "00:10:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new sandbox may take until its agent answers.</summary>
    /// <value>From 1 second to 10 minutes; 30 seconds by default.</value>
    [TimeRange("00:00:01", "00:10:00")]
    public TimeSpan AgentReadyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often expired and dead sandboxes are looked for.</summary>
    /// <value>From 100 milliseconds to 1 minute; 1 second by default.</value>
    [TimeRange("00:00:00.1", "00:01:00")]
    public TimeSpan ReapInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the disk of sandboxes is measured, where the kernel does not hold them to their limit.</summary>
    /// <value>From 1 second to 10 minutes; 5 seconds by default.</value>
    [TimeRange("00:00:01", "00:10:00")]
    public TimeSpan DiskSweepInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a token for an agent is valid, at the least; the SDKs refresh below one hour.</summary>
    /// <value>From 2 hours to 30 days; 24 hours by default.</value>
    [TimeRange("02:00:00", "30.00:00:00")]
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The home of a user who names none.</summary>
    public static string DefaultHome()
    {
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        return Path.Combine(
            string.IsNullOrEmpty(data) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share") : data, "hopx");
    }
}
