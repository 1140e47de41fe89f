using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Client;

/// <summary>Sandboxes: create, list, get, delete, and what changes their state.</summary>
public sealed class SandboxesClient
{
    private readonly HopxHttp _http;
    private readonly HopxClientOptions _options;
    private readonly AgentAddressBook _addresses;
    private readonly SseStream _streams;

    internal SandboxesClient(HopxHttp http, HopxClientOptions options, AgentAddressBook addresses, TimeProvider time)
    {
        _streams = new SseStream(http, options, time);
        _http = http;
        _options = options;
        _addresses = addresses;
    }

    /// <summary>Makes a sandbox; returns when its agent answers.</summary>
    public Task<Sandbox> CreateAsync(CreateSandboxRequest request, CancellationToken cancellationToken = default) => CreateAsync(request, idempotencyKey: null, cancellationToken);

    /// <summary>Makes a sandbox, once for each key: after a lost answer the same call with the same key gives the same sandbox.</summary>
    /// <param name="request">What to make; the same each time.</param>
    /// <param name="idempotencyKey">Such as a UUID. The embedded control plane knows keys for a day; a service that knows none makes a new sandbox each time.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<Sandbox> CreateAsync(CreateSandboxRequest request, string? idempotencyKey, CancellationToken cancellationToken = default)
    {
        var sandbox = await _http.SendAsync(
            HttpMethod.Post,
            "/v1/sandboxes",
            request,
            HopxJson.Default.CreateSandboxRequest,
            HopxJson.Default.Sandbox,
            _options.CreateTimeout,
            cancellationToken,
            prepare: idempotencyKey is null ? null : message => message.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey)).ConfigureAwait(false);
        _addresses.Remember(sandbox);
        return sandbox;
    }

    public Task<Sandbox> GetAsync(string id, CancellationToken cancellationToken = default) => GetAsync(_http, _options, id, cancellationToken);

    /// <summary>One page.</summary>
    /// <param name="status">Only sandboxes in this state.</param>
    /// <param name="limit">At most so many; 100 by default.</param>
    /// <param name="cursor">Where to go on: <see cref="ListPage{T}.NextCursor"/> of the page before.</param>
    /// <param name="region">Only sandboxes there.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public Task<ListPage<Sandbox>> ListAsync(
        SandboxStatus? status = null, int? limit = null, string? cursor = null, string? region = null, CancellationToken cancellationToken = default) =>
        _http.SendAsync(
            HttpMethod.Get,
            QueryString.Append("/v1/sandboxes", ("status", status is { } wanted ? QueryString.Name(wanted) : null), ("region", region), ("limit", QueryString.Number(limit)), ("cursor", cursor)),
            HopxJson.Default.ListPageSandbox,
            _options.RequestTimeout,
            cancellationToken);

    /// <summary>All of them, page by page.</summary>
    public async IAsyncEnumerable<Sandbox> ListAllAsync(SandboxStatus? status = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? cursor = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            var page = await ListAsync(status, limit: 100, cursor, region: null, cancellationToken).ConfigureAwait(false);
            foreach (var sandbox in page.Data ?? [])
            {
                yield return sandbox;
            }

            // More without a cursor, or with one that was there before, would go round for ever.
            cursor = page.HasMore ? page.NextCursor : null;
        }
        while (!string.IsNullOrEmpty(cursor) && seen.Add(cursor));
    }

    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        await ForSandboxAsync(
            id,
            path => _http.SendAsync(
                HttpMethod.Delete, path, HopxJson.Default.SandboxStateChange, _options.RequestTimeout, cancellationToken, () => new SandboxStateChange())).ConfigureAwait(false);
        _addresses.Forget(id);
    }

    /// <summary>Sets how long the sandbox lives, from now on.</summary>
    public Task<SandboxTimeout> SetTimeoutAsync(string id, TimeSpan lifetime, CancellationToken cancellationToken = default) =>
        ForSandboxAsync(
            id,
            path => _http.SendAsync(
                HttpMethod.Put,
                path + "/timeout",
                new SetTimeoutRequest { TimeoutSeconds = (long)Math.Ceiling(lifetime.TotalSeconds) },
                HopxJson.Default.SetTimeoutRequest,
                HopxJson.Default.SandboxTimeout,
                _options.RequestTimeout,
                cancellationToken));

    /// <summary>Freezes the sandbox: memory and files are kept, no CPU time is used.</summary>
    public Task<SandboxStateChange> PauseAsync(string id, CancellationToken cancellationToken = default) => ChangeAsync(id, "/pause", SandboxStatus.Paused, cancellationToken);

    /// <summary>Lets a paused sandbox go on where it was.</summary>
    public Task<SandboxStateChange> ResumeAsync(string id, CancellationToken cancellationToken = default) => ChangeAsync(id, "/resume", SandboxStatus.Running, cancellationToken);

    /// <summary>Ends all processes of the sandbox and keeps its files.</summary>
    public Task<SandboxStateChange> StopAsync(string id, CancellationToken cancellationToken = default) => ChangeAsync(id, "/stop", SandboxStatus.Stopped, cancellationToken);

    /// <summary>Starts a stopped sandbox again, with its files.</summary>
    public Task<SandboxStateChange> StartAsync(string id, CancellationToken cancellationToken = default) => ChangeAsync(id, "/start", SandboxStatus.Running, cancellationToken);

    /// <summary>A new token for the agent; the client itself does this in time.</summary>
    public Task<SandboxToken> RefreshTokenAsync(string id, CancellationToken cancellationToken = default) => RefreshTokenAsync(_http, _options, id, cancellationToken);

    /// <summary>What happens to sandboxes, as it happens. A lost connection is made anew, and nothing is missed that the service still keeps.</summary>
    /// <param name="sandboxId">Only this one's, until it is deleted; null: all that the caller may see.</param>
    /// <param name="lastEventId">Begins behind this event: <see cref="SandboxEvent.Id"/> of the last one that was seen; null: with what comes.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async IAsyncEnumerable<SandboxEvent> Events(string? sandboxId = null, string? lastEventId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var path = sandboxId is null ? "/v1/sandboxes/events" : $"{PathOf(sandboxId)}/events";
        await foreach (var item in _streams.ReadAsync(path, lastEventId, item => sandboxId is not null && item.EventType == "sandbox.deleted", cancellationToken).ConfigureAwait(false))
        {
            if (TryParse(item.Data, HopxJson.Default.SandboxEvent) is { } happened)
            {
                yield return happened with { Id = item.EventId, Type = happened.Type.Length > 0 ? happened.Type : item.EventType };
            }
        }
    }

    /// <summary>What a sandbox does and uses, again and again until it is deleted; from when somebody asks on.</summary>
    public async IAsyncEnumerable<SandboxMetrics> MetricsStream(string sandboxId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var item in _streams.ReadAsync($"{PathOf(sandboxId)}/metrics/stream", lastEventId: null, static _ => false, cancellationToken).ConfigureAwait(false))
        {
            if (TryParse(item.Data, HopxJson.Default.SandboxMetrics) is { } metrics)
            {
                yield return metrics;
            }
        }
    }

    internal static Task<Sandbox> GetAsync(HopxHttp http, HopxClientOptions options, string id, CancellationToken cancellationToken) =>
        ForSandboxAsync(id, path => http.SendAsync(HttpMethod.Get, path, HopxJson.Default.Sandbox, options.RequestTimeout, cancellationToken));

    internal static Task<SandboxToken> RefreshTokenAsync(HopxHttp http, HopxClientOptions options, string id, CancellationToken cancellationToken) =>
        ForSandboxAsync(id, path => http.SendAsync(HttpMethod.Post, path + "/token/refresh", HopxJson.Default.SandboxToken, options.RequestTimeout, cancellationToken));

    private async Task<SandboxStateChange> ChangeAsync(string id, string suffix, SandboxStatus target, CancellationToken cancellationToken)
    {
        var change = await ForSandboxAsync(
            id,
            path => _http.SendAsync(
                HttpMethod.Post, path + suffix, HopxJson.Default.SandboxStateChange, _options.RequestTimeout, cancellationToken, () => new SandboxStateChange())).ConfigureAwait(false);

        // A bare acknowledgement is enough.
        return change with { Id = id, Status = change.Status is SandboxStatus.Unknown ? target : change.Status };
    }

    private static async Task<T> ForSandboxAsync<T>(string id, Func<string, Task<T>> call)
    {
        var path = PathOf(id);
        try
        {
            return await call(path).ConfigureAwait(false);
        }
        catch (HopxException failure) when (failure.StatusCode is 404)
        {
            throw NotFound(id, failure);
        }
    }

    private static string PathOf(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);

        // Anything else is no identifier of HopX's, and something like ".." would lead to another route.
        return id.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_') ? "/v1/sandboxes/" + id : throw NotFound(id, failure: null);
    }

    // What a later service says in a way that nobody here understands costs that one event, not the stream.
    private static T? TryParse<T>(string data, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(data, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The service says only "Sandbox not found", with a code that it uses for other things too.
    private static HopxException NotFound(string id, HopxException? failure) => new(
        HopxErrorCode.SandboxNotFound, $"Sandbox '{id}' not found. It has expired, was deleted, or belongs to somebody else. List the sandboxes, or create a new one.", failure)
    {
        StatusCode = failure?.StatusCode,
        RequestId = failure?.RequestId,
    };
}
