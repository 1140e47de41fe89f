namespace Hopx.Client;

/// <summary>Body of <c>/desktop/keyboard/type</c>.</summary>
public sealed record TypeTextRequest
{
    public string? Text { get; init; }

    /// <summary>Pause after each character; none when absent.</summary>
    public int? DelayMs { get; init; }
}

/// <summary>Body of the keyboard routes: one key, or keys held together in one of the two spellings.</summary>
public sealed record KeyRequest
{
    /// <summary>A character or the name of a key, such as <c>Return</c> or <c>F5</c>; also a combination such as <c>ctrl+c</c>.</summary>
    public string? Key { get; init; }

    public IReadOnlyList<string>? Modifiers { get; init; }

    /// <summary>The modifiers and then the key.</summary>
    public IReadOnlyList<string>? Keys { get; init; }
}
