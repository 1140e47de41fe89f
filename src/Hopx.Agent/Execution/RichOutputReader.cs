using System.Globalization;
using System.Text;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Reads what a run showed beside its text. The channel is open to the code itself, so anything may stand in it: what is malformed ends the reading.</summary>
internal static class RichOutputReader
{
    private const int MaxHeaderBytes = 256;
    private const int MaxFrames = 1000;
    private const string ResultBundle = "result";

    private static readonly string[] RichestFirst =
        ["image/png", "image/jpeg", "image/svg+xml", "text/html", "text/markdown", "text/latex", "application/json", "text/plain"];

    public static RichContent Read(ReadOnlySpan<byte> channel)
    {
        var bundles = new List<(string Name, Dictionary<string, string> Data)>();
        for (var frame = 0; frame < MaxFrames && TryReadFrame(ref channel, out var bundle, out var mime, out var data); frame++)
        {
            if (ToText(mime, data) is not { } text)
            {
                continue;
            }

            if (bundles.Count == 0 || bundles[^1].Name != bundle)
            {
                bundles.Add((bundle, []));
            }

            bundles[^1].Data[mime] = text;
        }

        var result = bundles.FindLast(bundle => bundle.Name == ResultBundle).Data?.GetValueOrDefault("text/plain");
        var outputs = bundles
            .Where(bundle => bundle.Name != ResultBundle || bundle.Data.Keys.Any(mime => mime != "text/plain"))
            .Select(bundle => new RichOutput { Type = Richest(bundle.Data), Data = bundle.Data })
            .ToList();
        return new RichContent(result, outputs);
    }

    private static bool TryReadFrame(ref ReadOnlySpan<byte> channel, out string bundle, out string mime, out ReadOnlySpan<byte> data)
    {
        bundle = "";
        mime = "";
        data = default;
        var end = channel[..Math.Min(channel.Length, MaxHeaderBytes)].IndexOf((byte)'\n');
        if (end < 0)
        {
            return false;
        }

        var header = Encoding.UTF8.GetString(channel[..end]).Split(' ');
        if (header.Length != 3
            || !int.TryParse(header[2], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > channel.Length - end - 1)
        {
            return false;
        }

        bundle = header[0];
        mime = header[1];
        data = channel.Slice(end + 1, length);
        channel = channel[(end + 1 + length)..];
        return true;
    }

    private static string? ToText(string mime, ReadOnlySpan<byte> data) => mime switch
    {
        "image/png" => data.StartsWith(PngSignature) ? Convert.ToBase64String(data) : null,
        "image/jpeg" => data.StartsWith(JpegSignature) ? Convert.ToBase64String(data) : null,
        "application/json" => IsJson(data) ? Encoding.UTF8.GetString(data) : null,
        _ when mime.StartsWith("text/", StringComparison.Ordinal) || mime is "image/svg+xml" || mime.EndsWith("+json", StringComparison.Ordinal) => Encoding.UTF8.GetString(data),
        _ => null,
    };

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    private static bool IsJson(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        try
        {
            return reader.Read() && reader.TrySkip();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Richest(Dictionary<string, string> data) => Array.Find(RichestFirst, data.ContainsKey) ?? data.Keys.First();
}

/// <summary>What a run showed.</summary>
/// <param name="Result">Text of the last expression.</param>
/// <param name="Outputs">Pictures, tables and the like, in order.</param>
internal sealed record RichContent(string? Result, IReadOnlyList<RichOutput> Outputs)
{
    public static RichContent None { get; } = new(null, []);

    /// <summary>The last content of this type that was shown.</summary>
    public string? Last(string mime) => Outputs.Select(output => output.Data.GetValueOrDefault(mime)).LastOrDefault(text => text is not null);
}
