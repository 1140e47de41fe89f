using System.Runtime.CompilerServices;

namespace Hopx.Client;

/// <summary>Templates: what sandboxes can be made from.</summary>
public sealed class TemplatesClient
{
    private readonly HopxHttp _http;
    private readonly HopxClientOptions _options;
    private readonly SseStream _streams;

    internal TemplatesClient(HopxHttp http, HopxClientOptions options, TimeProvider time)
    {
        _streams = new SseStream(http, options, time);
        _http = http;
        _options = options;
    }

    public Task<ListPage<Template>> ListAsync(string? category = null, string? language = null, CancellationToken cancellationToken = default) =>
        _http.SendAsync(
            HttpMethod.Get,
            QueryString.Append("/v1/templates", ("category", category), ("language", language)),
            HopxJson.Default.ListPageTemplate,
            _options.RequestTimeout,
            cancellationToken);

    /// <param name="nameOrId">Name, or numeric identifier.</param>
    public async Task<Template> GetAsync(string nameOrId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrId);
        if (nameOrId is "." or "..")
        {
            // Would lead to another route.
            throw NotFound(nameOrId, failure: null);
        }

        try
        {
            return await _http.SendAsync(
                HttpMethod.Get, "/v1/templates/" + Uri.EscapeDataString(nameOrId), HopxJson.Default.Template, _options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (HopxException failure) when (failure.StatusCode is 404)
        {
            throw NotFound(nameOrId, failure);
        }
    }

    /// <summary>Templates as they are made, change and go.</summary>
    public async IAsyncEnumerable<TemplateEvent> Events(string? lastEventId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var item in _streams.ReadAsync("/v1/templates/stream", lastEventId, static _ => false, cancellationToken).ConfigureAwait(false))
        {
            yield return TemplateEvent.Parse(item);
        }
    }

    private static HopxException NotFound(string nameOrId, HopxException? failure) => new(
        HopxErrorCode.TemplateNotFound, $"Template '{nameOrId}' not found. List the templates for the names there are.", failure)
    {
        StatusCode = failure?.StatusCode,
        RequestId = failure?.RequestId,
    };
}
