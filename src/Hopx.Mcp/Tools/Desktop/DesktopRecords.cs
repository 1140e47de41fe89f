using System.Text.Json.Serialization;

namespace Hopx.Mcp.Tools;

/// <summary>Windows on the desktop.</summary>
internal sealed record WindowsFacts
{
    public string? SandboxId { get; init; }

    public IReadOnlyList<ListedWindow>? Windows { get; init; }

    public string? Note { get; init; }
}

/// <summary>One window; the places are pixels of the last picture.</summary>
internal sealed record ListedWindow
{
    public string? WindowId { get; init; }

    public string? Title { get; init; }

    public string? Application { get; init; }

    public int? X { get; init; }

    public int? Y { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public bool? Active { get; init; }

    public bool? Minimized { get; init; }
}

/// <summary>The desktop's clipboard.</summary>
internal sealed record ClipboardFacts
{
    public string? SandboxId { get; init; }

    public string? Text { get; init; }

    /// <summary>Earlier texts, newest first.</summary>
    public IReadOnlyList<string>? History { get; init; }

    /// <summary>Files in the sandbox that hold what is too long to be shown.</summary>
    public IReadOnlyList<string>? OutputFiles { get; init; }

    public string? Note { get; init; }
}

/// <summary>A video of the desktop.</summary>
internal sealed record RecordingFacts
{
    public string? SandboxId { get; init; }

    public string? RecordingId { get; init; }

    public string? Status { get; init; }

    /// <summary>File in the sandbox.</summary>
    public string? Path { get; init; }

    public double? Seconds { get; init; }

    public long? SizeBytes { get; init; }

    public string? Note { get; init; }
}

/// <summary>Text that was read on the screen.</summary>
internal sealed record ScreenTextFacts
{
    public string? SandboxId { get; init; }

    public string? Text { get; init; }

    public IReadOnlyList<string>? OutputFiles { get; init; }

    public string? Note { get; init; }
}

/// <summary>What can be done with windows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WindowAction>))]
internal enum WindowAction
{
    [JsonStringEnumMemberName("list")]
    List,

    [JsonStringEnumMemberName("focus")]
    Focus,

    [JsonStringEnumMemberName("close")]
    Close,

    [JsonStringEnumMemberName("minimize")]
    Minimize,

    [JsonStringEnumMemberName("maximize")]
    Maximize,

    [JsonStringEnumMemberName("move")]
    Move,

    [JsonStringEnumMemberName("resize")]
    Resize,
}

/// <summary>What can be done with the clipboard.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClipboardAction>))]
internal enum ClipboardAction
{
    [JsonStringEnumMemberName("get")]
    Get,

    [JsonStringEnumMemberName("set")]
    Set,

    [JsonStringEnumMemberName("history")]
    History,
}

/// <summary>What can be done with a recording.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordingAction>))]
internal enum RecordingAction
{
    [JsonStringEnumMemberName("start")]
    Start,

    [JsonStringEnumMemberName("status")]
    Status,

    [JsonStringEnumMemberName("stop")]
    Stop,
}
