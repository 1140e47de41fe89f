using System.Text;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;

namespace Hopx.Desktop;

/// <summary>
/// The answer to a VNC server's challenge: the challenge, encrypted by DES with the password (RFC 6143, 7.2.2). The framework's DES needs a part of OpenSSL
/// that sandboxes need not have. The cipher protects nothing here but keeps viewers of either kind apart.
/// </summary>
internal static class VncChallenge
{
    public const int Length = 16;

    private const int BlockBytes = 8;

    /// <param name="challenge">What the server sent, 16 bytes.</param>
    /// <param name="password">Its first eight characters count.</param>
    public static byte[] Answer(ReadOnlySpan<byte> challenge, string password)
    {
        var key = new byte[BlockBytes];
        Encoding.ASCII.GetBytes(password.AsSpan(0, Math.Min(password.Length, BlockBytes)), key);
        foreach (ref var symbol in key.AsSpan())
        {
            symbol = ReverseBits(symbol);
        }

        var cipher = new DesEngine();
        // Not DesParameters, which refuses keys that the protocol allows.
        cipher.Init(forEncryption: true, new KeyParameter(key));
        var answer = new byte[challenge.Length];
        for (var at = 0; at + BlockBytes <= challenge.Length; at += BlockBytes)
        {
            cipher.ProcessBlock(challenge[at..], answer.AsSpan(at));
        }

        return answer;
    }

    /// <summary>The protocol reads the bits of each character from the other end.</summary>
    private static byte ReverseBits(byte symbol)
    {
        var reversed = 0;
        for (var bit = 0; bit < 8; bit++)
        {
            reversed = (reversed << 1) | ((symbol >> bit) & 1);
        }

        return (byte)reversed;
    }
}
