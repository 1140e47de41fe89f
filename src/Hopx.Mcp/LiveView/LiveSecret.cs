using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Hopx.Mcp.LiveView;

/// <summary>Secrets of the live view: 256 random bits, of which only a hash is kept.</summary>
internal static class LiveSecret
{
    private const int Bytes = 32;

    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
