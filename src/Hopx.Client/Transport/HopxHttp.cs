using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Client;

/// <summary>Sends one request and reads its answer, or says as a <see cref="HopxException"/> why there is none.</summary>
internal sealed class HopxHttp(HopxTransport transport, int maxAnswerBytes)
{
    public Task<TAnswer> SendAsync<TAnswer>(
        HttpMethod method, string path, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken, Func<TAnswer>? whenEmpty = null) =>
        SendAsync(() => new HttpRequestMessage(method, path), answer, timeout, cancellationToken, whenEmpty);

    public Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken,
        Action<HttpRequestMessage>? prepare = null) =>
        SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, bodyType) };
                prepare?.Invoke(request);
                return request;
            },
            answer,
            timeout,
            cancellationToken);

    /// <param name="makeRequest">Makes the request.</param>
    /// <param name="answer">Shape of the answer.</param>
    /// <param name="timeout">Time until the whole answer is there.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    /// <param name="whenEmpty">What a success without content means; null where there must be content.</param>
    public Task<TAnswer> SendAsync<TAnswer>(
        Func<HttpRequestMessage> makeRequest, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken, Func<TAnswer>? whenEmpty = null) =>
        AskAsync(
            () => WantsJson(makeRequest()),
            async (response, patience) =>
            {
                using (response)
                {
                    await response.Content.LoadIntoBufferAsync(maxAnswerBytes, patience).ConfigureAwait(false);
                    var content = await response.Content.ReadAsStreamAsync(patience).ConfigureAwait(false);
                    return content.Length == 0 && whenEmpty is not null ? whenEmpty() : Parse(response, content, answer);
                }
            },
            timeout,
            cancellationToken);

    /// <summary>The successful answer, its content still to be read; the caller disposes it.</summary>
    public Task<HttpResponseMessage> OpenAsync(Func<HttpRequestMessage> makeRequest, TimeSpan timeout, CancellationToken cancellationToken) =>
        AskAsync(makeRequest, static (response, _) => Task.FromResult(response), timeout, cancellationToken);

    /// <summary>A WebSocket over the same transport.</summary>
    public async Task<AgentWebSocket> ConnectAsync(Uri url, string token, TimeSpan timeout, CancellationToken cancellationToken, (string Name, string Value)? header = null)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        return await AgentWebSocket.ConnectAsync(transport.Http, url, token, maxAnswerBytes, cancellationToken, patience.Token, header).ConfigureAwait(false);
    }

    private async Task<T> AskAsync<T>(
        Func<HttpRequestMessage> makeRequest, Func<HttpResponseMessage, CancellationToken, Task<T>> read, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        using var request = makeRequest();
        try
        {
            // Only headers at first: how much of the content is read depends on whether it is an answer or an error.
            var response = await transport.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return await read(response, patience.Token).ConfigureAwait(false);
            }

            using (response)
            {
                throw await HopxErrorReader.ReadAsync(response, patience.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HopxException(
                HopxErrorCode.Unreachable, $"No answer to {Name(request)} within {timeout.TotalSeconds:0.#} s. Try again, or look at the service's log.");
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new HopxException(
                HopxErrorCode.PayloadTooLarge,
                $"The answer to {Name(request)} is larger than {maxAnswerBytes} bytes and was cut off. Ask for less: print less, or download the file as a stream.",
                failure);
        }
        catch (HttpRequestException failure) when (failure.InnerException is HopxException cause)
        {
            // A transport that knows better than "connection failed", such as the embedded control plane's.
            throw new HopxException(cause.Code, cause.Message, failure);
        }
        catch (HttpRequestException failure)
        {
            throw new HopxException(
                HopxErrorCode.Unreachable, $"{request.Method} {request.RequestUri?.GetLeftPart(UriPartial.Path)} failed: {failure.Message}", failure);
        }
    }

    private static HttpRequestMessage WantsJson(HttpRequestMessage request)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return request;
    }

    private static TAnswer Parse<TAnswer>(HttpResponseMessage response, Stream content, JsonTypeInfo<TAnswer> answer)
    {
        try
        {
            // Always UTF-8, whatever the label says: it is the only encoding of JSON, and the label comes from the other side.
            return JsonSerializer.Deserialize(content, answer) ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException failure)
        {
            throw new HopxException(
                HopxErrorCode.InternalError, $"The answer to {Name(response.RequestMessage)} is not what HopX promises: {failure.Message}", failure)
            {
                StatusCode = (int)response.StatusCode,
            };
        }
    }

    private static string Name(HttpRequestMessage? request) => $"{request?.Method} {request?.RequestUri?.AbsolutePath}";
}
