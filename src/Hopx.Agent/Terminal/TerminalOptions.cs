using System.ComponentModel.DataAnnotations;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Bounds on terminals.</summary>
internal sealed class TerminalOptions
{
    /// <summary>Terminals at the same time; one more is refused.</summary>
    /// <value>From 1 to 4096; 256 by default.</value>
    [Range(1, 4096)]
    public int MaxTerminals { get; set; } = 256;

    /// <summary>The longest that a terminal goes on without a client. A client has to ask for it: as the API says, closing ends a terminal.</summary>
    /// <value>From 0 to 24 hours; 10 minutes by default.</value>
    [TimeRange("00:00:00", "1.00:00:00")]
    public TimeSpan MaxKeep { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of what a kept terminal showed lately that a client gets when it connects again.</summary>
    /// <value>From 4 KiB to 1 MiB; 128 KiB by default.</value>
    [Range(4 * 1024, 1024 * 1024)]
    public int HistoryBytes { get; set; } = 128 * 1024;
}

[OptionsValidator]
internal sealed partial class TerminalOptionsValidator : IValidateOptions<TerminalOptions>;
