using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>A window of an application, with its frame.</summary>
public sealed record DesktopWindow
{
    /// <summary>The X server's number, in decimal.</summary>
    [JsonConverter(typeof(FlexibleStringConverter))]
    public required string Id { get; init; }

    public string? Title { get; init; }

    /// <summary>Name of the application's kind of window, such as <c>Chromium</c>.</summary>
    [JsonPropertyName("class")]
    public string? ClassName { get; init; }

    public int X { get; init; }

    public int Y { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    public int Pid { get; init; }

    public int Desktop { get; init; }

    public bool Focused { get; init; }

    public bool IsActive { get; init; }

    /// <summary>The spelling of the JavaScript SDK.</summary>
    [JsonPropertyName("isActive")]
    public bool IsActiveToo { get; init; }

    public bool IsMinimized { get; init; }
}

/// <summary>Answer of <c>GET /desktop/windows</c>: the topmost window last.</summary>
public sealed record WindowList
{
    public IReadOnlyList<DesktopWindow>? Windows { get; init; }

    public int Count { get; init; }
}

/// <summary>Body of the routes for one window.</summary>
public sealed record WindowRequest
{
    /// <summary>Decimal, or hexadecimal with <c>0x</c>.</summary>
    [JsonConverter(typeof(FlexibleStringConverter))]
    public string? WindowId { get; init; }

    public int? X { get; init; }

    public int? Y { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }
}
