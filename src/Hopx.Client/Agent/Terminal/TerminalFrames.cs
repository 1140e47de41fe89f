namespace Hopx.Client;

/// <summary>What a client sends to a terminal: <c>input</c> with data, or <c>resize</c>.</summary>
public sealed record TerminalInput
{
    public string? Type { get; init; }

    public string? Data { get; init; }

    /// <summary><c>utf-8</c>, the default, or <c>base64</c>.</summary>
    public string? Encoding { get; init; }

    public int? Cols { get; init; }

    public int? Rows { get; init; }
}

/// <summary>What a terminal sends: <c>output</c> with data, and <c>exit</c> with a code as the last one.</summary>
public sealed record TerminalFrame
{
    public required string Type { get; init; }

    public string? Data { get; init; }

    public int? Code { get; init; }
}
