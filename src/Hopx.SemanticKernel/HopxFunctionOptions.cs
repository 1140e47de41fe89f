using System.ComponentModel.DataAnnotations;
using Hopx.Client;

namespace Hopx.SemanticKernel;

/// <summary>What sandboxes the functions make, and how much they tell a model.</summary>
public sealed class HopxFunctionOptions
{
    /// <summary>Template of a sandbox that is made because no call named one.</summary>
    /// <value>code-interpreter by default.</value>
    [Required]
    public string Template { get; set; } = "code-interpreter";

    /// <summary>How long such a sandbox lives: whatever becomes of this process, nothing is left after that.</summary>
    /// <value>From 1 minute to 24 hours; 1 hour by default.</value>
    [TimeRange("00:01:00", "1.00:00:00")]
    public TimeSpan SandboxLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether code in such a sandbox reaches the Internet; null: as the service has it.</summary>
    public bool? InternetAccess { get; set; }

    /// <summary>Environment variables of such a sandbox. Code in it can read them.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; set; }

    /// <summary>Most characters of one output or file that a model is shown; the rest is cut, and the model told how to get it.</summary>
    /// <value>From 500 to 200,000; 20,000 by default.</value>
    [Range(500, 200_000)]
    public int MaxOutputCharacters { get; set; } = 20_000;

    /// <summary>Most pictures in one result.</summary>
    /// <value>From 0 to 20; 4 by default.</value>
    [Range(0, 20)]
    public int MaxPictures { get; set; } = 4;

    /// <summary>Largest picture in a result; a larger one is left out.</summary>
    /// <value>From 1 KiB to 20 MiB; 4 MiB by default.</value>
    [Range(1 << 10, 20 << 20)]
    public int MaxPictureBytes { get; set; } = 4 << 20;

    /// <summary>Longest run that a model may ask for.</summary>
    /// <value>From 1 second to 24 hours; 10 minutes by default.</value>
    [TimeRange("00:00:01", "1.00:00:00")]
    public TimeSpan MaxRunTime { get; set; } = TimeSpan.FromMinutes(10);

    internal double Limit(double seconds) => Math.Min(seconds, MaxRunTime.TotalSeconds);
}
