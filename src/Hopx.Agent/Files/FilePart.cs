using System.Globalization;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Which part of a file is asked for: lines (<c>offset</c>, counted from 1, <c>limit</c>, and <c>max_bytes</c> for as many whole ones as fit), or bytes (<c>byte_offset</c>, <c>byte_limit</c>).</summary>
internal sealed record FilePart(long? FirstLine, long? LineLimit, long? MaxBytes, long? ByteOffset, long? ByteLimit)
{
    public bool HasLines => FirstLine is not null || LineLimit is not null || MaxBytes is not null;

    public bool HasBytes => ByteOffset is not null || ByteLimit is not null;

    public static FilePart From(IQueryCollection query)
    {
        var part = new FilePart(Number(query, "offset"), Number(query, "limit"), Number(query, "max_bytes"), Number(query, "byte_offset"), Number(query, "byte_limit"));
        if (part.MaxBytes is 0)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "'max_bytes' is 0; nothing fits into that.");
        }

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
