using System.ComponentModel.DataAnnotations;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Bounds on telling an address what came of a run.</summary>
internal sealed class CallbackOptions
{
    /// <summary>Whether the address may be one of this machine or of a private network.</summary>
    /// <value>false by default: such addresses are refused.</value>
    public bool AllowPrivateTargets { get; set; }

    /// <summary>The proxy that callbacks go through.</summary>
    /// <value>Such as <c>http://name:3128</c>; what <c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c> and <c>NO_PROXY</c> say by default.</value>
    public Uri? Proxy { get; set; }

    /// <summary>How often it is tried.</summary>
    /// <value>From 1 to 10; 3 by default.</value>
    [Range(1, 10)]
    public int MaxTries { get; set; } = 3;

    /// <summary>Time for one try.</summary>
    /// <value>From 1 second to 1 minute; 10 seconds by default.</value>
    [TimeRange("00:00:01", "00:01:00")]
    public TimeSpan TryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait before the second try; each further one is four times as long.</summary>
    /// <value>From 0 to 1 minute; 1 second by default.</value>
    [TimeRange("00:00:00", "00:01:00")]
    public TimeSpan FirstWait { get; set; } = TimeSpan.FromSeconds(1);
}

[OptionsValidator]
internal sealed partial class CallbackOptionsValidator : IValidateOptions<CallbackOptions>;
