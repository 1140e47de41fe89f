using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Client;

/// <summary>Requests to the agent of one sandbox: finds its address, brings its token, and gets both anew once when they turn out to be stale.</summary>
internal sealed class AgentHttp(string sandboxId, HopxHttp http, AgentAddressBook addresses, HopxClientOptions options)
{
    public Task<TAnswer> SendAsync<TAnswer>(
        HttpMethod method, string path, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        SendAsync(method, path, content: null, answer, options.RequestTimeout, cancellationToken);

    public Task<TAnswer> SendAsync<TBody, TAnswer>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken, Func<TAnswer>? whenEmpty = null) =>
        SendAsync(method, path, () => JsonContent.Create(body, bodyType), answer, timeout, cancellationToken, whenEmpty);

    /// <param name="content">Makes the content; called again when the request has to be repeated.</param>
    public Task<TAnswer> SendAsync<TAnswer>(
        HttpMethod method, string path, Func<HttpContent>? content, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken, Func<TAnswer>? whenEmpty = null) =>
        WithFreshAddressAsync(
            address => http.SendAsync(() => MakeRequest(method, path, content, address), answer, timeout, cancellationToken, whenEmpty), cancellationToken);

    public Task<HttpResponseMessage> OpenAsync(string path, CancellationToken cancellationToken, RangeHeaderValue? range = null) =>
        WithFreshAddressAsync(address => http.OpenAsync(() => MakeDownload(path, range, address), options.RequestTimeout, cancellationToken), cancellationToken);

    /// <summary>Opens one of the agent's WebSockets; the caller disposes it.</summary>
    public Task<AgentWebSocket> ConnectAsync(string path, CancellationToken cancellationToken, (string Name, string Value)? header = null) =>
        WithFreshAddressAsync(address => http.ConnectAsync(new Uri(address.Url, path), address.Token, options.RequestTimeout, cancellationToken, header), cancellationToken);

    private async Task<T> WithFreshAddressAsync<T>(Func<AgentAddress, Task<T>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await send(await addresses.GetAsync(sandboxId, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (HopxException stale) when (stale.StatusCode is 401 || WasNeverSent(stale))
        {
            addresses.Forget(sandboxId);
            return await send(await addresses.GetAsync(sandboxId, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (HopxException gone) when (gone.MeansSandboxGone)
        {
            addresses.Forget(sandboxId);
            throw;
        }
    }

    // The port of a sandbox may change when its server restarts; a refused connection has done nothing yet.
    private static bool WasNeverSent(HopxException failure) =>
        failure.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    private static HttpRequestMessage MakeDownload(string path, RangeHeaderValue? range, AgentAddress address)
    {
        var request = MakeRequest(HttpMethod.Get, path, content: null, address);
        request.Headers.Range = range;
        return request;
    }

    private static HttpRequestMessage MakeRequest(HttpMethod method, string path, Func<HttpContent>? content, AgentAddress address) =>
        new(method, new Uri(address.Url, path))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", address.Token) },
            Content = content?.Invoke(),
        };
}
