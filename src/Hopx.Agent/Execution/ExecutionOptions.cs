using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Bounds on the execution of code.</summary>
internal sealed class ExecutionOptions
{
    /// <summary>Bytes of pictures and tables that one execution may show; what is beyond is dropped.</summary>
    /// <value>From 1 KiB to 128 MiB; 16 MiB by default.</value>
    [Range(1024, 128 * 1024 * 1024)]
    public int RichOutputLimitBytes { get; set; } = 16 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class ExecutionOptionsValidator : IValidateOptions<ExecutionOptions>;
