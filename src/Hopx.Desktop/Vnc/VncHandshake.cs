using System.Buffers.Binary;
using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>The beginning of the RFB protocol (RFC 6143), up to where both sides are known to each other; from there on bytes are only passed on.</summary>
internal static class VncHandshake
{
    private const int VersionLength = 12;
    private const byte NoSecurity = 1;
    private const byte PasswordSecurity = 2;

    private static ReadOnlySpan<byte> Version => "RFB 003.008\n"u8;

    /// <summary>Logs in at a server with a password.</summary>
    public static async Task LogInAsync(Stream server, string password, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(server, VersionLength, cancellationToken);
            await server.WriteAsync(Version.ToArray(), cancellationToken);
            var count = (await ReadAsync(server, 1, cancellationToken))[0];
            var types = await ReadAsync(server, count, cancellationToken);
            if (!types.Contains(PasswordSecurity))
            {
                throw Failed("it does not ask for a password");
            }

            await server.WriteAsync(new[] { PasswordSecurity }, cancellationToken);
            await server.WriteAsync(VncChallenge.Answer(await ReadAsync(server, VncChallenge.Length, cancellationToken), password), cancellationToken);
            if (BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(server, sizeof(uint), cancellationToken)) != 0)
            {
                throw Failed("it refused the password");
            }
        }
        catch (Exception broken) when (broken is IOException or EndOfStreamException)
        {
            throw Failed(broken.Message);
        }
    }

    /// <summary>Lets a viewer in whom somebody else has checked.</summary>
    public static async Task LetInAsync(Stream viewer, CancellationToken cancellationToken)
    {
        await viewer.WriteAsync(Version.ToArray(), cancellationToken);
        var version = Encoding.ASCII.GetString(await ReadAsync(viewer, VersionLength, cancellationToken));
        if (version is "RFB 003.003\n")
        {
            // Here the server decides, and there is no result.
            await viewer.WriteAsync(new byte[] { 0, 0, 0, NoSecurity }, cancellationToken);
            return;
        }

        await viewer.WriteAsync(new byte[] { 1, NoSecurity }, cancellationToken);
        var chosen = (await ReadAsync(viewer, 1, cancellationToken))[0];
        if (chosen != NoSecurity)
        {
            throw new IOException($"the viewer chose security type {chosen}, which was not offered");
        }

        if (version is not "RFB 003.007\n")
        {
            await viewer.WriteAsync(new byte[sizeof(uint)], cancellationToken);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static HopxException Failed(string why) =>
        new(HopxErrorCode.Conflict, $"The VNC server did not let the viewer in: {why}. It may be starting again; try again in a moment.");
}
