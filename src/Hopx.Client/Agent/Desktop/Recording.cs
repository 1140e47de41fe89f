using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Body of <c>/desktop/recording/start</c>.</summary>
public sealed record RecordingRequest
{
    /// <summary>Pictures a second, from 1 to 60; 10 when absent.</summary>
    public int? Fps { get; init; }

    /// <summary><c>mp4</c> (default) or <c>webm</c>.</summary>
    public string? Format { get; init; }

    /// <summary><c>low</c>, <c>medium</c> (default) or <c>high</c>.</summary>
    public string? Quality { get; init; }

    /// <summary>File in the sandbox to record to; one of its own when absent.</summary>
    public string? OutputFile { get; init; }

    /// <summary>Size at which the recording ends by itself; 1 GiB when absent.</summary>
    public long? MaxBytes { get; init; }
}

/// <summary>Body of <c>/desktop/recording/stop</c>; the current recording when empty.</summary>
public sealed record RecordingSelection
{
    public string? RecordingId { get; init; }
}

[JsonConverter(typeof(LenientEnumConverter<RecordingStatus>))]
public enum RecordingStatus
{
    Stopped,
    Recording,
    Failed,
}

/// <summary>A video of the screen, finished or not.</summary>
public sealed record Recording
{
    public string? RecordingId { get; init; }

    public RecordingStatus Status { get; init; }

    [JsonPropertyName("recording")]
    public bool IsRecording { get; init; }

    /// <summary>Seconds.</summary>
    public double Duration { get; init; }

    public long FileSize { get; init; }

    public string? Format { get; init; }

    public string? FilePath { get; init; }

    public string? OutputFile { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Why it failed, or why it ended by itself.</summary>
    public string? Message { get; init; }
}
