using Hopx.Client;

namespace Hopx.SemanticKernel;

/// <summary>A picture that a run has drawn.</summary>
internal sealed record Picture(string MediaType, byte[] Content)
{
    private static readonly (string MediaType, byte[] Start)[] Kinds =
    [
        ("image/png", [0x89, (byte)'P', (byte)'N', (byte)'G']),
        ("image/jpeg", [0xFF, 0xD8, 0xFF]),
        ("image/gif", [(byte)'G', (byte)'I', (byte)'F', (byte)'8']),
        ("image/webp", [(byte)'R', (byte)'I', (byte)'F', (byte)'F']),
    ];

    /// <summary>The pictures of a run, and a line for each that is left out.</summary>
    public static (IReadOnlyList<Picture> Pictures, IReadOnlyList<string> LeftOut) Of(ExecutionResult result, HopxFunctionOptions options)
    {
        var pictures = new List<Picture>();
        var leftOut = new List<string>();
        var tooMany = 0;
        foreach (var base64 in Encoded(result))
        {
            if (pictures.Count == options.MaxPictures)
            {
                tooMany++;
            }
            else if (base64.Length / 4 * 3L > options.MaxPictureBytes)
            {
                leftOut.Add($"a picture of about {base64.Length / 4 * 3L} bytes left out: draw it smaller");
            }
            else if (Decode(base64) is { } picture)
            {
                pictures.Add(picture);
            }
            else
            {
                leftOut.Add("a picture left out: its content is no PNG, JPEG, GIF or WebP");
            }
        }

        if (tooMany > 0)
        {
            leftOut.Add($"{tooMany} more pictures left out: draw fewer at a time");
        }

        return (pictures, leftOut);
    }

    private static List<string> Encoded(ExecutionResult result)
    {
        var rich = (result.RichOutputs ?? [])
            .Select(output => output.Data.FirstOrDefault(content => Kinds.Any(kind => kind.MediaType == content.Key)).Value)
            .OfType<string>()
            .ToList();
        return rich.Count > 0 || string.IsNullOrEmpty(result.Png) ? rich : [result.Png];
    }

    // What code in a sandbox calls a picture may be anything, and a model's service refuses the whole conversation over one that is none.
    private static Picture? Decode(string base64)
    {
        var content = new byte[(base64.Length / 4 + 1) * 3];
        if (!Convert.TryFromBase64String(base64, content, out var length))
        {
            return null;
        }

        var mediaType = Kinds.FirstOrDefault(kind => content.AsSpan(0, length).StartsWith(kind.Start)).MediaType;
        return mediaType is null ? null : new Picture(mediaType, content[..length]);
    }
}
