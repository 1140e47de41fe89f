using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Body of <c>/desktop/vnc/start</c>.</summary>
public sealed record VncStartRequest
{
    public int? Display { get; init; }

    /// <summary>At most 8 characters count; a random one when absent.</summary>
    public string? Password { get; init; }
}

/// <summary>Where the desktop's VNC server listens inside the sandbox.</summary>
public sealed record VncInfo
{
    public bool Running { get; init; }

    public int Display { get; init; }

    public int Port { get; init; }

    /// <summary>Never holds the password.</summary>
    public string? Url { get; init; }

    public string? Password { get; init; }

    /// <summary>The same RFB stream as binary WebSocket frames, through the agent and with the agent's token; absent where the service has none.</summary>
    [JsonPropertyName("websocket_url")]
    public string? WebSocketUrl { get; init; }
}
