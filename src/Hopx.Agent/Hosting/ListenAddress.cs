using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hopx.Agent;

/// <summary>Where the agent listens: a Unix socket in production, a TCP port where one is asked for.</summary>
internal static class ListenAddress
{
    private const string UnixPrefix = "unix:/";
    private const string TcpPrefix = "http://";

    public static bool IsValid(string address) =>
        (address.StartsWith(UnixPrefix, StringComparison.Ordinal) && address.Length > UnixPrefix.Length) || TryParseTcp(address, out _);

    public static void Apply(string address, KestrelServerOptions kestrel)
    {
        if (TryParseTcp(address, out var endPoint))
        {
            kestrel.Listen(endPoint);
            return;
        }

        var path = address[(UnixPrefix.Length - 1)..];
        // A socket that an earlier life of the sandbox left behind; nobody listens on it.
        File.Delete(path);
        kestrel.ListenUnixSocket(path);
    }

    /// <summary>
    /// Lets the control plane in once the socket is there: without root it is another user than the agent. Who may come near the socket is decided
    /// by the directories above it.
    /// </summary>
    public static void OpenToControlPlane(string address)
    {
        if (!TryParseTcp(address, out _))
        {
            const UnixFileMode connect = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
            const UnixFileMode look = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            File.SetUnixFileMode(address[(UnixPrefix.Length - 1)..], look | connect);
        }
    }

    private static bool TryParseTcp(string address, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.Loopback, 0);
        return address.StartsWith(TcpPrefix, StringComparison.Ordinal)
            && IPEndPoint.TryParse(address[TcpPrefix.Length..].TrimEnd('/'), out endPoint!);
    }
}
