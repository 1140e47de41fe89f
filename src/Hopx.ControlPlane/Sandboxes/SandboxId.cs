using System.Globalization;
using System.Security.Cryptography;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Identifiers in the form of HopX's own: seconds, then a random part. They sort by age and can stand in a host name.</summary>
internal static class SandboxId
{
    private const int RandomLength = 10;

    public static string New(DateTimeOffset now) =>
        now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", RandomLength);
}
