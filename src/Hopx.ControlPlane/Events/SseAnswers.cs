using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Events;

/// <summary>Writes event streams: what is there, then what comes, and a sign of life in between.</summary>
internal sealed class SseAnswers(IOptions<ControlPlaneOptions> options, IHostApplicationLifetime server, TimeProvider time)
{
    /// <summary>Writes until the events end, the reader leaves, or the server ends.</summary>
    /// <param name="context">The request.</param>
    /// <param name="frames">Events as they come.</param>
    /// <param name="backlog">Events that go first.</param>
    /// <param name="cut">The reader is to be cut off, in the middle of a write if need be.</param>
    public async Task WriteAsync(HttpContext context, ChannelReader<ReadOnlyMemory<byte>> frames, IReadOnlyList<ReadOnlyMemory<byte>> backlog, CancellationToken cut)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, server.ApplicationStopping, cut);
        try
        {
            // The headers go at once: until they come, a browser does not know that it is connected.
            await response.StartAsync(end.Token);
            foreach (var frame in backlog)
            {
                await response.BodyWriter.WriteAsync(frame, end.Token);
            }

            await FollowAsync(response.BodyWriter, frames, end.Token);
        }
        catch (OperationCanceledException)
        {
            // Without its last chunk the answer is not taken for a complete one, and the reader comes back.
            if (cut.IsCancellationRequested)
            {
                context.Abort();
            }
        }
    }

    private async Task FollowAsync(PipeWriter body, ChannelReader<ReadOnlyMemory<byte>> frames, CancellationToken end)
    {
        await body.FlushAsync(end);
        while (true)
        {
            using var silence = new CancellationTokenSource(options.Value.EventKeepAlive, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(end, silence.Token);
            try
            {
                if (!await frames.WaitToReadAsync(either.Token))
                {
                    return;
                }
            }
            catch (OperationCanceledException) when (!end.IsCancellationRequested)
            {
                await body.WriteAsync(SseFrame.KeepAlive, end);
                continue;
            }

            while (frames.TryRead(out var frame))
            {
                await body.WriteAsync(frame, end);
            }
        }
    }
}
