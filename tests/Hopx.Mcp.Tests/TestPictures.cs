using System.Buffers.Binary;

namespace Hopx.Mcp.Tests;

internal static class TestPictures
{
    /// <summary>The start of a PNG of that size: nobody here decodes it.</summary>
    public static byte[] Png(int width, int height, int length = 64)
    {
        var bytes = new byte[length];
        new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R' }.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), height);
        return bytes;
    }
}
