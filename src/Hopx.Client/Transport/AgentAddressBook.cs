using System.Collections.Concurrent;

namespace Hopx.Client;

/// <summary>Addresses and tokens of the agents that this client has talked to; refreshed before they expire.</summary>
internal sealed class AgentAddressBook(HopxHttp controlPlane, HopxClientOptions options, TimeProvider time)
{
    // HopX refreshes when less than an hour is left; so do its own SDKs.
    private static readonly TimeSpan RefreshMargin = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, AgentAddress> _addresses = new(StringComparer.Ordinal);

    public void Remember(Sandbox sandbox)
    {
        if (ParseUrl(sandbox) is { } url && sandbox.AuthToken is { } token && sandbox.TokenExpiresAt is { } expires)
        {
            _addresses[sandbox.Id] = new AgentAddress(url, token, expires);
        }
    }

    public void Forget(string sandboxId) => _addresses.TryRemove(sandboxId, out _);

    public async Task<AgentAddress> GetAsync(string sandboxId, CancellationToken cancellationToken)
    {
        if (_addresses.TryGetValue(sandboxId, out var known) && known.TokenExpiresAt - time.GetUtcNow() > RefreshMargin)
        {
            return known;
        }

        var url = known?.Url;
        if (url is null)
        {
            var sandbox = await SandboxesClient.GetAsync(controlPlane, options, sandboxId, cancellationToken).ConfigureAwait(false);
            url = ParseUrl(sandbox) ?? throw new HopxException(
                HopxErrorCode.SandboxNotRunning, $"Sandbox '{sandboxId}' is {sandbox.Status} and has no address yet. Wait until it is running.");
        }

        var token = await SandboxesClient.RefreshTokenAsync(controlPlane, options, sandboxId, cancellationToken).ConfigureAwait(false);
        return _addresses[sandboxId] = new AgentAddress(url, token.AuthToken, token.TokenExpiresAt);
    }

    private static Uri? ParseUrl(Sandbox sandbox) =>
        ParseUrl(sandbox.PublicHost) ?? ParseUrl(sandbox.DirectUrl);

    private static Uri? ParseUrl(string? address) =>
        Uri.TryCreate(address?.TrimEnd('/') + "/", UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) ? url : null;
}
