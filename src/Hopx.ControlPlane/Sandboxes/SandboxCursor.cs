using System.Buffers.Text;
using System.Text;
using Hopx.Client;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Where a list goes on: behind the last id that was shown, so pages stay right while sandboxes come and go.</summary>
internal static class SandboxCursor
{
    public static string After(string id) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    public static string Parse(string cursor)
    {
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        }
        catch (FormatException failure)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"cursor '{cursor}' was not made by this server. Start again without one.", failure);
        }
    }
}
