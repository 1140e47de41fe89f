using System.Buffers;
using System.Text;

namespace Hopx.Agent;

/// <summary>
/// Names of files as text and back, without loss. A name may hold any bytes; each that is no UTF-8 stands as one character from U+EF80 to U+EFFF, and so do the bytes
/// of those characters themselves. So every name has exactly one text, which JSON and URLs can carry.
/// </summary>
internal static class FileNames
{
    private const int FirstEscape = 0xEF80;
    private const int LastEscape = 0xEFFF;
    private const int FirstEscapedByte = 0x80;

    public static string ToText(ReadOnlySpan<byte> name)
    {
        // The bytes of U+EF80 to U+EFFF begin with these two.
        if (System.Text.Unicode.Utf8.IsValid(name) && name.IndexOf([(byte)0xEE, (byte)0xBE]) < 0 && name.IndexOf([(byte)0xEE, (byte)0xBF]) < 0)
        {
            return Encoding.UTF8.GetString(name);
        }

        var text = new StringBuilder(name.Length);
        while (name.Length > 0)
        {
            var isText = Rune.DecodeFromUtf8(name, out var rune, out var length) is OperationStatus.Done && rune.Value is < FirstEscape or > LastEscape;
            if (isText)
            {
                text.Append(rune.ToString());
            }
            else
            {
                length = 1;
                text.Append((char)(FirstEscape + name[0] - FirstEscapedByte));
            }

            name = name[length..];
        }

        return text.ToString();
    }

    public static int CountBytes(ReadOnlySpan<char> text) => HasEscapes(text) ? Encode(text, []) : Encoding.UTF8.GetByteCount(text);

    /// <summary>Writes the bytes of a name and the zero that ends it.</summary>
    /// <returns>The number of bytes without the zero.</returns>
    public static int Write(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        var length = HasEscapes(text) ? Encode(text, bytes) : Encoding.UTF8.GetBytes(text, bytes);
        bytes[length] = 0;
        return length;
    }

    /// <summary>The bytes of a name, ended by a zero.</summary>
    public static byte[] ToBytes(ReadOnlySpan<char> text)
    {
        var bytes = new byte[CountBytes(text) + 1];
        _ = Write(text, bytes);
        return bytes;
    }

    private static bool HasEscapes(ReadOnlySpan<char> text) => text.ContainsAnyInRange((char)FirstEscape, (char)LastEscape);

    private static int Encode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        var length = 0;
        Span<byte> encoded = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var count = 1;
            if (rune.Value is >= FirstEscape and <= LastEscape)
            {
                encoded[0] = (byte)(rune.Value - FirstEscape + FirstEscapedByte);
            }
            else
            {
                count = rune.EncodeToUtf8(encoded);
            }

            if (bytes.Length > 0)
            {
                encoded[..count].CopyTo(bytes[length..]);
            }

            length += count;
        }

        return length;
    }
}
