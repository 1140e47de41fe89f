namespace Hopx.Client;

/// <summary>Answer of desktop routes that do something and have nothing else to tell.</summary>
public sealed record DesktopAnswer
{
    /// <summary>True when the service does not say.</summary>
    public bool Success { get; set; } = true;

    public string? Message { get; init; }
}
