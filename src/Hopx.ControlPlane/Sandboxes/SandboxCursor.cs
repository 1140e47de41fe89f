using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Where a list goes on: behind the last sandbox that was shown, whether or not it is still there. Signed, for one organization.</summary>
internal sealed class SandboxCursor(AgentTokens keys)
{
    private const byte Version = 1;
    private const int HeadLength = 1 + sizeof(long);
    private const int SignatureLength = 16;
    private const int LongestShown = 60;

    private readonly byte[] _key = keys.DeriveKey("list cursor");

    public string After(SandboxRecord record)
    {
        var id = Encoding.UTF8.GetBytes(record.Id);
        var cursor = new byte[HeadLength + id.Length + SignatureLength];
        cursor[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(cursor.AsSpan(1), record.CreatedAt.UtcTicks);
        id.CopyTo(cursor, HeadLength);
        Sign(cursor.AsSpan(..^SignatureLength), record.OrganizationId).CopyTo(cursor.AsSpan(^SignatureLength..));
        return Base64Url.EncodeToString(cursor);
    }

    /// <exception cref="HopxException">No answer of this server to this organization gave the cursor.</exception>
    public SandboxPlace Parse(string text, long organizationId)
    {
        var cursor = Decode(text);
        if (cursor.Length <= HeadLength + SignatureLength || cursor[0] != Version
            || !CryptographicOperations.FixedTimeEquals(cursor.AsSpan(^SignatureLength..), Sign(cursor.AsSpan(..^SignatureLength), organizationId)))
        {
            var shown = text.Length <= LongestShown ? text : text[..LongestShown] + "…";
            throw new HopxException(HopxErrorCode.InvalidRequest, $"cursor '{shown}' is of no list that this server gave you. Leave it out to begin at the first page.");
        }

        return new SandboxPlace(BinaryPrimitives.ReadInt64BigEndian(cursor.AsSpan(1)), Encoding.UTF8.GetString(cursor.AsSpan(HeadLength..^SignatureLength)));
    }

    private static byte[] Decode(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private byte[] Sign(ReadOnlySpan<byte> place, long organizationId) => HMACSHA256.HashData(
        _key, (byte[])[.. Encoding.UTF8.GetBytes(organizationId.ToString(CultureInfo.InvariantCulture)), 0, .. place])[..SignatureLength];
}
