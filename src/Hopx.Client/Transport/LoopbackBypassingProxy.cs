using System.Net;

namespace Hopx.Client;

/// <summary>The system's proxy for everything but this machine: environment variables name proxies without excepting loopback, and tokens for local agents are nobody else's business.</summary>
internal sealed class LoopbackBypassingProxy(IWebProxy inner) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => inner.Credentials;
        set => inner.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : inner.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || inner.IsBypassed(host);
}
