using System.Buffers.Binary;
using System.Globalization;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Takes the pictures out of a run, as many and as large as a model can be given.</summary>
internal sealed class Pictures(IOptions<HopxMcpOptions> options)
{
    // Larger ones are refused by models.
    private const int MaxEdge = 8000;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    private static ReadOnlySpan<byte> JpegSignature => [0xff, 0xd8, 0xff];

    /// <summary>What models can be shown, the best first.</summary>
    public static readonly string[] Types = ["image/png", "image/jpeg", "image/webp", "image/gif"];

    public (IReadOnlyList<ImageContentBlock> Shown, IReadOnlyList<string> Remarks) Take(ExecutionResult run)
    {
        var shown = new List<ImageContentBlock>();
        var remarks = new List<string>();
        foreach (var (type, base64) in Find(run))
        {
            if (shown.Count >= options.Value.MaxPictures)
            {
                remarks.Add($"More pictures were made; only the first {shown.Count} are shown. Save the others as files.");
                break;
            }

            if (Refuse(type, base64, out var bytes) is { } reason)
            {
                remarks.Add(reason);
            }
            else
            {
                shown.Add(ImageContentBlock.FromBytes(bytes, type));
            }
        }

        return (shown, remarks);
    }

    private static IEnumerable<(string Type, string Base64)> Find(ExecutionResult run)
    {
        var any = false;
        foreach (var output in run.RichOutputs ?? [])
        {
            if (Types.FirstOrDefault(output.Data.ContainsKey) is { } type)
            {
                any = true;
                yield return (type, output.Data[type]);
            }
        }

        // Without the list there is only the last one.
        if (!any && !string.IsNullOrEmpty(run.Png))
        {
            yield return ("image/png", run.Png);
        }
    }

    private string? Refuse(string type, string base64, out byte[] bytes)
    {
        bytes = [];
        var size = base64.Length / 4L * 3;
        if (size > options.Value.MaxPictureBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"A picture of {size} bytes is not shown: the limit is {options.Value.MaxPictureBytes}. Make it smaller (fewer dots per inch), or save it as a file.");
        }

        var buffer = new byte[size + 3];
        if (!Convert.TryFromBase64String(base64, buffer, out var written) || !HasSignature(type, buffer.AsSpan(0, written)))
        {
            return $"A picture is not shown: it is no valid {type}.";
        }

        bytes = buffer[..written];
        if (type is "image/png" && Math.Max(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(20))) > MaxEdge)
        {
            return $"A picture is not shown: an edge is longer than {MaxEdge} pixels. Make it smaller, or save it as a file.";
        }

        return null;
    }

    private static bool HasSignature(string type, ReadOnlySpan<byte> bytes) => type switch
    {
        "image/png" => bytes.Length > 24 && bytes.StartsWith(PngSignature),
        "image/jpeg" => bytes.StartsWith(JpegSignature),
        "image/webp" => bytes.Length > 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8),
        _ => bytes.StartsWith("GIF8"u8),
    };
}
