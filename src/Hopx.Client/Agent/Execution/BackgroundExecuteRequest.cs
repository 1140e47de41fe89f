namespace Hopx.Client;

/// <summary>Body of <c>POST /execute/background</c>.</summary>
public sealed record BackgroundExecuteRequest : ExecuteRequest
{
    /// <summary>To recognize it in lists.</summary>
    public string? Name { get; init; }
}
