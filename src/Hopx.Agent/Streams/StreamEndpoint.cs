using System.Net.WebSockets;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Takes WebSocket requests; the one place where the failure of a conversation becomes its last message.</summary>
internal sealed partial class StreamEndpoint(IHostApplicationLifetime lifetime, TimeProvider time, ILogger<StreamEndpoint> logger)
{
    private const int DefaultMaxMessageBytes = 1024 * 1024;

    /// <summary>Accepts the socket and holds the conversation. Bad tokens were refused before.</summary>
    /// <param name="http">The request.</param>
    /// <param name="talk">The conversation; its token ends when the client has left or the agent ends.</param>
    /// <param name="maxMessageBytes">The longest message that is taken in.</param>
    public async Task ServeAsync(HttpContext http, Func<JsonFrames, CancellationToken, Task> talk, int maxMessageBytes = DefaultMaxMessageBytes)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{http.Request.Path} is a WebSocket. Send the request with Connection: Upgrade and Upgrade: websocket.");
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        using var frames = new JsonFrames(await http.WebSockets.AcceptWebSocketAsync(), time, !IsPacingOff(http.Request), maxMessageBytes);
        try
        {
            try
            {
                await talk(frames, over.Token);
            }
            catch (HopxException refused)
            {
                await frames.SendErrorAsync(refused, over.Token);
            }

            await frames.CloseAsync(over.Token);
        }
        catch (Exception end) when (end is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            LogLeft(http.Request.Path, end.Message);
        }
        catch (Exception failure)
        {
            LogFailed(failure, http.Request.Path, http.TraceIdentifier);
            await TellAsync(frames, http, over.Token);
        }
    }

    private static bool IsPacingOff(HttpRequest request) => request.Query["pacing"] == "off" || request.Headers["X-HOPX-Pacing"] == "off";

    private static async Task TellAsync(JsonFrames frames, HttpContext http, CancellationToken cancellationToken)
    {
        try
        {
            await frames.SendErrorAsync(
                new HopxException(HopxErrorCode.InternalError, $"The agent failed; its log tells more under request {http.TraceIdentifier}. Trying again may help."), cancellationToken);
            await frames.CloseAsync(cancellationToken);
        }
        catch (Exception end) when (end is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody is there to be told.
        }
    }

    [LoggerMessage(LogLevel.Debug, "The client of {Path} left: {Reason}")]
    private partial void LogLeft(string path, string reason);

    [LoggerMessage(LogLevel.Error, "WebSocket {Path} failed, request {RequestId}.")]
    private partial void LogFailed(Exception failure, string path, string requestId);
}
