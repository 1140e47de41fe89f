using System.Collections.Concurrent;
using System.Net;

namespace Hopx.Agent;

/// <summary>
/// The proxy that the sandbox reaches the world by, for callbacks to names and public addresses. Names are looked up, and refused where they lead
/// to a private network, by the proxy: a sandbox without any other network cannot. Private addresses never go there; what is said of them here holds.
/// </summary>
internal sealed class CallbackProxy(IWebProxy inner) : IWebProxy
{
    private readonly ConcurrentDictionary<(string Host, int Port), bool> _used = [];

    public ICredentials? Credentials
    {
        get => inner.Credentials;
        set => inner.Credentials = value;
    }

    public Uri? GetProxy(Uri destination)
    {
        if (IsBypassed(destination) || inner.GetProxy(destination) is not { } proxy || proxy == destination)
        {
            return null;
        }

        _used[(proxy.IdnHost, proxy.Port)] = true;
        return proxy;
    }

    public bool IsBypassed(Uri host) =>
        host.IsLoopback || (IPAddress.TryParse(host.IdnHost, out var literal) && !PublicAddresses.Includes(literal)) || inner.IsBypassed(host);

    /// <summary>Whether a connection leads to a proxy, and not to an address that a caller chose.</summary>
    public bool Is(DnsEndPoint target) => _used.ContainsKey((target.Host, target.Port));
}
