using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Hopx.Client;

/// <summary>Reads a stream of events, and connects anew behind the last one when the connection is lost.</summary>
internal sealed class SseStream(HopxHttp http, HopxClientOptions options, TimeProvider time)
{
    private const int MostEventBytes = 1 << 20;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    /// <param name="path">Which stream.</param>
    /// <param name="lastEventId">Where to begin: behind this event; null: with what comes.</param>
    /// <param name="endsByItself">Whether an answer that ends well is the end of the stream, and not a server that ended.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(
        string path, string? lastEventId, Func<SseItem<string>, bool> endsByItself, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        var wasConnected = false;
        while (true)
        {
            var (response, isGone) = await ConnectAsync(path, lastEventId, wasConnected, cancellationToken).ConfigureAwait(false);
            if (isGone)
            {
                yield break;
            }

            if (response is not null)
            {
                wasConnected = true;
                using (response)
                {
                    var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                    await using (body.ConfigureAwait(false))
                    {
                        var items = SseParser.Create(new BoundedEvents(body, MostEventBytes)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
                        await using (items.ConfigureAwait(false))
                        {
                            while (await HasNextAsync(items).ConfigureAwait(false))
                            {
                                delay = FirstDelay;
                                lastEventId = items.Current.EventId is { Length: > 0 } id ? id : lastEventId;
                                yield return items.Current;
                                if (endsByItself(items.Current))
                                {
                                    yield break;
                                }
                            }
                        }
                    }
                }
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    // The first connection tells of every failure; later ones wait for a server that is started anew, and end with what they tell of.
    private async Task<(HttpResponseMessage? Response, bool IsGone)> ConnectAsync(string path, string? lastEventId, bool wasConnected, CancellationToken cancellationToken)
    {
        try
        {
            return (await http.OpenAsync(() => MakeRequest(path, lastEventId), options.RequestTimeout, cancellationToken).ConfigureAwait(false), false);
        }
        catch (HopxException failure) when (wasConnected && (failure.IsTransient || failure.StatusCode >= 500))
        {
            return (null, false);
        }
        catch (HopxException gone) when (wasConnected && gone.StatusCode is 404)
        {
            return (null, true);
        }
    }

    private static async Task<bool> HasNextAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is IOException or HttpRequestException)
        {
            return false;
        }
    }

    private static HttpRequestMessage MakeRequest(string path, string? lastEventId)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        return request;
    }
}
