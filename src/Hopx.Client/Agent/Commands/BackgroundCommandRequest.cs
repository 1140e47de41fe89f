namespace Hopx.Client;

/// <summary>Body of <c>POST /commands/background</c>.</summary>
public sealed record BackgroundCommandRequest : CommandRequest
{
    /// <summary>To recognize it in lists.</summary>
    public string? Name { get; init; }
}
