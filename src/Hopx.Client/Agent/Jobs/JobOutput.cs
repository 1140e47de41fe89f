using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>What a job wrote, or to read of it.</summary>
[JsonConverter(typeof(LenientEnumConverter<JobOutputSource>))]
public enum JobOutputSource
{
    /// <summary>Both streams, in the order in which they were written.</summary>
    Both,
    Stdout,
    Stderr,
}

/// <summary>Answer of <c>GET /jobs/{id}/output</c>: a part of what a job wrote.</summary>
public sealed record JobOutputPart
{
    public required string ProcessId { get; init; }

    public JobStatus Status { get; init; }

    public JobOutputSource Stream { get; init; }

    /// <summary>Where <see cref="Data"/> begins, in bytes; later than asked for when what was there is no longer kept.</summary>
    public long Offset { get; init; }

    /// <summary>Where to read on.</summary>
    public long NextOffset { get; init; }

    /// <summary>All that the job wrote so far.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes between what was asked for and <see cref="Offset"/> that are no longer kept.</summary>
    public long? OmittedBytes { get; init; }

    [AllowNull]
    public string Data { get => field ?? ""; init; }

    /// <summary><c>utf-8</c> or <c>base64</c>.</summary>
    public string? Encoding { get; init; }

    /// <summary>Whether the job has ended and nothing comes after this part.</summary>
    public bool IsEnd { get; init; }
}

/// <summary>Which part of a job's output to read.</summary>
public sealed record JobOutputQuery
{
    public JobOutputSource Stream { get; init; }

    /// <summary>First byte; 0 when absent.</summary>
    public long? Offset { get; init; }

    /// <summary>Most bytes; 64 KiB when absent.</summary>
    public int? Limit { get; init; }

    /// <summary>Most lines.</summary>
    public int? Lines { get; init; }

    /// <summary>The last lines, instead of those from an offset.</summary>
    public int? Tail { get; init; }

    /// <summary>Whether <see cref="JobOutputPart.Data"/> is base64, byte for byte.</summary>
    public bool Binary { get; init; }
}
