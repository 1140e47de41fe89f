using System.ComponentModel.DataAnnotations;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Bounds on the execution of code.</summary>
internal sealed class ExecutionOptions
{
    /// <summary>Bytes of pictures and tables that one execution may show; what is beyond is dropped.</summary>
    /// <value>From 1 KiB to 128 MiB; 16 MiB by default.</value>
    [Range(1024, 128 * 1024 * 1024)]
    public int RichOutputLimitBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Python kernels that there may be at once.</summary>
    /// <value>From 1 to 64; 8 by default.</value>
    [Range(1, 64)]
    public int MaxKernels { get; set; } = 8;

    /// <summary>Runs that may wait for the same kernel; one more is refused.</summary>
    /// <value>From 0 to 1024; 64 by default.</value>
    [Range(0, 1024)]
    public int MaxWaitingForKernel { get; set; } = 64;

    /// <summary>How long code in a kernel may take to end when it is interrupted; then the kernel is killed and its variables are lost.</summary>
    /// <value>From 0 to 1 minute; 2 seconds by default.</value>
    [TimeRange("00:00:00", "00:01:00")]
    public TimeSpan InterruptGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary><c>HOPX_WARM_PYTHON</c>: whether Python, its usual libraries and a kernel are made ready at the start, before anybody asks.</summary>
    public bool WarmPython { get; set; }

    /// <summary>The memory that a sandbox must have for the usual libraries to be imported on suspicion.</summary>
    /// <value>From 0 to 1 TiB; 1 GiB by default.</value>
    [Range(0L, 1024L * 1024 * 1024 * 1024)]
    public long WarmFromMemoryBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>The usual libraries, with commas between them; those that are not installed are passed over.</summary>
    /// <value>numpy, pandas and matplotlib without its pyplot, which looks at its surroundings while it is imported.</value>
    public string WarmModules { get; set; } =
        "numpy, pandas, matplotlib, matplotlib.figure, matplotlib.backends.backend_agg, matplotlib.font_manager, matplotlib.style, matplotlib.widgets, matplotlib.image, pandas.plotting";
}

[OptionsValidator]
internal sealed partial class ExecutionOptionsValidator : IValidateOptions<ExecutionOptions>;
