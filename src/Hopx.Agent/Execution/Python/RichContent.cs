using Hopx.Client;

namespace Hopx.Agent;

/// <summary>What a run showed.</summary>
/// <param name="Result">Text of the last expression.</param>
/// <param name="Outputs">Pictures, tables and the like, in order.</param>
/// <param name="Omitted">How many more there were, beyond what is kept.</param>
internal sealed record RichContent(string? Result, IReadOnlyList<RichOutput> Outputs, int Omitted = 0)
{
    public static RichContent None { get; } = new(null, []);

    /// <summary>The last content of this type that was shown.</summary>
    public string? Last(string mime) => Outputs.Select(output => output.Data.GetValueOrDefault(mime)).LastOrDefault(text => text is not null);
}
