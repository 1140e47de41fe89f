using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Client;

/// <summary>Sends one request and reads its answer, or says as a <see cref="HopxException"/> why there is none.</summary>
internal sealed class HopxHttp(HttpClient http)
{
    public Task<TAnswer> SendAsync<TAnswer>(
        HttpMethod method, string path, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken) =>
        SendAsync(() => new HttpRequestMessage(method, path), answer, timeout, cancellationToken);

    public Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken) =>
        SendAsync(() => new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, bodyType) }, answer, timeout, cancellationToken);

    public async Task<TAnswer> SendAsync<TAnswer>(
        Func<HttpRequestMessage> request, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, timeout, cancellationToken).ConfigureAwait(false);
        try
        {
            return await response.Content.ReadFromJsonAsync(answer, cancellationToken).ConfigureAwait(false)
                ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException failure)
        {
            throw new HopxException(
                HopxErrorCode.InternalError, $"The answer to {response.RequestMessage?.RequestUri?.AbsolutePath} is not what HopX promises: {failure.Message}", failure)
            {
                StatusCode = (int)response.StatusCode,
            };
        }
    }

    /// <summary>The whole answer, successful; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> makeRequest, HttpCompletionOption completion, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        using var request = makeRequest();
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            var response = await http.SendAsync(request, completion, patience.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw await HopxErrorReader.ReadAsync(response, patience.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HopxException(
                HopxErrorCode.Unreachable, $"No answer to {request.Method} {request.RequestUri?.AbsolutePath} within {timeout.TotalSeconds:0.#} s. Try again, or look at the service's log.");
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
}
