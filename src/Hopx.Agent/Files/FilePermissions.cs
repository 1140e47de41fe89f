using System.Globalization;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Permissions as callers write them.</summary>
internal static class FilePermissions
{
    private const uint Default = 0x1A4; // 0644
    private const uint All = 0xFFF; // 07777

    /// <summary>Those that are asked for, else those of the file that is replaced, else 0644.</summary>
    public static uint Choose(string? asked, FileStatus? replaced) =>
        string.IsNullOrWhiteSpace(asked) ? (replaced?.Mode ?? Default) & All : Parse(asked.Trim());

    private static uint Parse(string text)
    {
        var digits = text.StartsWith("0o", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return digits.Length is > 0 and <= 5 && digits.All(digit => digit is >= '0' and <= '7') && Convert.ToUInt32(digits, 8) is var mode and <= All
            ? mode
            : throw new HopxException(HopxErrorCode.InvalidRequest, string.Create(CultureInfo.InvariantCulture, $"'{text}' is no file mode. Use octal digits such as 0644 or 0755."));
    }
}
