using System.Globalization;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Which part of a file is asked for: lines (<c>offset</c>, counted from 1, and <c>limit</c>), or bytes (<c>byte_offset</c>, <c>byte_limit</c>).</summary>
internal sealed record FilePart(long? FirstLine, long? LineLimit, long? ByteOffset, long? ByteLimit)
{
    public bool HasLines => FirstLine is not null || LineLimit is not null;

    public bool HasBytes => ByteOffset is not null || ByteLimit is not null;

    public static FilePart From(IQueryCollection query)
    {
        var part = new FilePart(Number(query, "offset"), Number(query, "limit"), Number(query, "byte_offset"), Number(query, "byte_limit"));
        return part is { HasLines: true, HasBytes: true }
            ? throw new HopxException(HopxErrorCode.InvalidRequest, "Both lines and bytes are asked for. Give offset and limit, or byte_offset and byte_limit.")
            : part;
    }

    private static long? Number(IQueryCollection query, string name) => query[name].ToString() switch
    {
        "" => null,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        var text => throw new HopxException(HopxErrorCode.InvalidRequest, $"'{name}' is '{(text.Length > 40 ? text[..40] : text)}', which is no whole number from 0 up."),
    };
}
