using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>One thing that a run showed: a picture, a table.</summary>
public sealed record RichOutput
{
    /// <summary>The richest MIME type in <see cref="Data"/>.</summary>
    public required string Type { get; init; }

    /// <summary>MIME type → content; binary content as base64.</summary>
    [JsonConverter(typeof(RichDataConverter))]
    public required IReadOnlyDictionary<string, string> Data { get; init; }
}
