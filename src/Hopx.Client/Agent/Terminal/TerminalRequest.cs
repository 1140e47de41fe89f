namespace Hopx.Client;

/// <summary>Which terminal to connect to.</summary>
public sealed record TerminalRequest
{
    /// <summary>Columns; 80 when absent.</summary>
    public int? Cols { get; init; }

    /// <summary>Rows; 24 when absent.</summary>
    public int? Rows { get; init; }

    /// <summary>How long it goes on without a connection, so that it can be connected to again; without it, the end of the connection is its end.</summary>
    public TimeSpan? Keep { get; init; }

    /// <summary>A terminal that goes on; a new one when absent. What it showed lately comes again.</summary>
    public string? Id { get; init; }
}
