using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Security.Cryptography;

namespace Hopx.EndToEnd.Tests.Desktop;

/// <summary>A viewer of the screen, as noVNC is one: RFB 3.8 over a WebSocket, with the password, raw pixels only.</summary>
internal sealed class RfbViewer : IDisposable
{
    private const byte VncAuthentication = 2;
    private const int ChallengeBytes = 16;

    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _received = new byte[64 * 1024];
    private int _next;
    private int _end;

    public int Width { get; private set; }

    public int Height { get; private set; }

    public static async Task<RfbViewer> ConnectAsync(Uri address, string token, string password, CancellationToken cancellationToken)
    {
        var viewer = new RfbViewer();
        viewer._socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        await viewer._socket.ConnectAsync(address, cancellationToken);
        var version = await viewer.ReadAsync(12, cancellationToken);
        await viewer.SendAsync(version, cancellationToken);
        var kinds = await viewer.ReadAsync((await viewer.ReadAsync(1, cancellationToken))[0], cancellationToken);
        Assert.Contains(VncAuthentication, kinds);
        await viewer.SendAsync([VncAuthentication], cancellationToken);
        await viewer.SendAsync(Scramble(await viewer.ReadAsync(ChallengeBytes, cancellationToken), password), cancellationToken);
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(await viewer.ReadAsync(4, cancellationToken)));
        // Others may watch too.
        await viewer.SendAsync([1], cancellationToken);
        var start = await viewer.ReadAsync(24, cancellationToken);
        (viewer.Width, viewer.Height) = (BinaryPrimitives.ReadUInt16BigEndian(start), BinaryPrimitives.ReadUInt16BigEndian(start.AsSpan(2)));
        await viewer.ReadAsync(BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(20)), cancellationToken);
        return viewer;
    }

    /// <summary>Number of pixels of the next picture, or of what changed since the last one.</summary>
    public async Task<int> NextAsync(bool onlyChanges, CancellationToken cancellationToken)
    {
        var request = new byte[10];
        (request[0], request[1]) = (3, onlyChanges ? (byte)1 : (byte)0);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)Width);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(8), (ushort)Height);
        await SendAsync(request, cancellationToken);
        var head = await ReadAsync(4, cancellationToken);
        Assert.Equal(0, head[0]);
        var pixels = 0;
        for (var rectangle = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)); rectangle > 0; rectangle--)
        {
            var place = await ReadAsync(12, cancellationToken);
            var area = BinaryPrimitives.ReadUInt16BigEndian(place.AsSpan(4)) * BinaryPrimitives.ReadUInt16BigEndian(place.AsSpan(6));
            await ReadAsync(area * 4, cancellationToken);
            pixels += area;
        }

        return pixels;
    }

    public void Dispose() => _socket.Dispose();

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "RFB knows no other.")]
    private static byte[] Scramble(byte[] challenge, string password)
    {
        var key = new byte[8];
        for (var i = 0; i < Math.Min(key.Length, password.Length); i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                key[i] |= (byte)((password[i] >> bit & 1) << (7 - bit));
            }
        }

        using var cipher = DES.Create();
        cipher.Key = key;
        return cipher.EncryptEcb(challenge, PaddingMode.None);
    }

    private Task SendAsync(byte[] bytes, CancellationToken cancellationToken) => _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    private async Task<byte[]> ReadAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            if (_next == _end)
            {
                var message = await _socket.ReceiveAsync(_received.AsMemory(), cancellationToken);
                Assert.NotEqual(WebSocketMessageType.Close, message.MessageType);
                (_next, _end) = (0, message.Count);
            }

            var part = Math.Min(count - filled, _end - _next);
            _received.AsSpan(_next, part).CopyTo(bytes.AsSpan(filled));
            (_next, filled) = (_next + part, filled + part);
        }

        return bytes;
    }
}
