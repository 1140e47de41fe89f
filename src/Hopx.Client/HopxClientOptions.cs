using System.ComponentModel.DataAnnotations;

namespace Hopx.Client;

/// <summary>Where the HopX service is and how patient to be with it.</summary>
public sealed class HopxClientOptions
{
    /// <summary>The HopX cloud.</summary>
    public static readonly Uri CloudUrl = new("https://api.hopx.dev");

    /// <summary>API key; null where the transport itself proves who calls (the embedded control plane's own socket).</summary>
    public string? ApiKey { get; set; }

    /// <summary>Base address of the control plane.</summary>
    /// <value>The HopX cloud by default.</value>
    public Uri BaseUrl { get; set; } = CloudUrl;

    /// <summary>Time for one call of the control plane other than a create.</summary>
    /// <value>From 1 second to 1 hour; 60 seconds by default.</value>
    [TimeRange("00:00:01", "01:00:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time for a create, which may have to build a template first.</summary>
    /// <value>From 1 second to 1 hour; 15 minutes by default.</value>
    [TimeRange("00:00:01", "01:00:00")]
    public TimeSpan CreateTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How much longer than the run itself an answer about the run may take.</summary>
    /// <value>From 1 second to 10 minutes; 30 seconds by default.</value>
    [TimeRange("00:00:01", "00:10:00")]
    public TimeSpan AnswerGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call that can be repeated without harm is tried again after a server fault, a lost connection or 429.</summary>
    /// <value>From 0 to 10; 3 by default.</value>
    [Range(0, 10)]
    public int MaxRetries { get; set; } = 3;

    /// <summary>Largest answer that is held in memory; a sandbox may send anything.</summary>
    /// <value>From 1 MiB to 1 GiB; 128 MiB by default.</value>
    [Range(1 << 20, 1 << 30)]
    public int MaxAnswerBytes { get; set; } = 128 << 20;
}
