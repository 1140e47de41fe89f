using System.Globalization;
using System.Net;
using Hopx.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hopx.Mcp.CommandLine.Serving;

/// <summary>An address to listen on.</summary>
/// <param name="Addresses">What the host stands for; null: every address of this machine.</param>
internal sealed record ListenUrl(string Text, string Host, int Port, IReadOnlyList<IPAddress>? Addresses)
{
    public const string Default = "http://127.0.0.1:7070";

    private static readonly string[] Wildcards = ["0.0.0.0", "[::]", "*", "+"];

    /// <summary>Whether only this machine can connect.</summary>
    public bool IsLoopback => Addresses?.All(IPAddress.IsLoopback) is true;

    public bool IsWildcard => Addresses is null;

    public static ListenUrl Parse(string text)
    {
        // The wildcards are no host names, so they are put aside while the rest is read.
        var wildcard = Wildcards.FirstOrDefault(host => text.StartsWith($"http://{host}", StringComparison.OrdinalIgnoreCase));
        var readable = wildcard is null ? text : text.Replace($"//{wildcard}", "//wildcard", StringComparison.OrdinalIgnoreCase);
        if (!Uri.TryCreate(readable, UriKind.Absolute, out var url) || url.Scheme is not "http" || url.PathAndQuery is not "/" || url.UserInfo is not "")
        {
            throw Bad(text, "an address such as http://127.0.0.1:7070 is expected, without a path. For https put a reverse proxy in front");
        }

        if (wildcard is not null)
        {
            return new ListenUrl(text, wildcard, url.Port, Addresses: null);
        }

        return new ListenUrl(text, url.Host, url.Port, url.Host switch
        {
            "localhost" => [IPAddress.Loopback, IPAddress.IPv6Loopback],
            var host when IPAddress.TryParse(host.Trim('[', ']'), out var address) => [address],
            var host => throw Bad(text, $"'{host}' is neither localhost nor an IP address of this machine; to be called by that name, listen on an address and set --allowed-hosts {host}"),
        });
    }

    /// <summary>Listens. Connections from other machines are marked, since they need a key.</summary>
    public void Listen(KestrelServerOptions kestrel)
    {
        if (Host is "localhost" && Port is not 0)
        {
            // Also where IPv6 is off.
            kestrel.ListenLocalhost(Port);
            return;
        }

        foreach (var address in Addresses ?? [IPAddress.Any])
        {
            if (Host is "localhost" && address.Equals(IPAddress.IPv6Loopback))
            {
                continue;
            }

            kestrel.Listen(address, Port, Mark);
        }
    }

    private void Mark(ListenOptions listen)
    {
        if (!IsLoopback)
        {
            listen.Use(next => connection =>
            {
                connection.Features.Set(KeyRequired.Instance);
                return next(connection);
            });
        }
    }

    private static HopxException Bad(string text, string why) =>
        new(HopxErrorCode.InvalidConfiguration, string.Create(CultureInfo.InvariantCulture, $"--urls is '{text}'; {why}."));
}
