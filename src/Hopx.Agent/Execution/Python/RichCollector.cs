using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>
/// Gathers what a run of Python shows beside its text. The channel is open to the code itself, so anything may come by it: what is malformed is left out,
/// and what is too much is counted.
/// </summary>
internal sealed class RichCollector(int limitBytes)
{
    private const int MaxBundles = 1000;
    private const int MaxMimeLength = 100;

    private static readonly string[] RichestFirst =
        ["image/png", "image/jpeg", "image/svg+xml", "text/html", "text/markdown", "text/latex", "application/json", "text/plain"];

    private readonly List<Bundle> _bundles = [];
    private long _bytes;
    private int _omitted;

    /// <summary>Everything in what a run wrote to its side channel.</summary>
    public static RichContent Read(ReadOnlySpan<byte> channel, int limitBytes)
    {
        var collector = new RichCollector(limitBytes);
        while (channel.Length > sizeof(int)
            && BinaryPrimitives.ReadInt32BigEndian(channel) is > 0 and var length
            && length <= channel.Length - sizeof(int))
        {
            collector.Take(channel[sizeof(int)], new PythonFields(channel.Slice(sizeof(int) + 1, length - 1)));
            channel = channel[(sizeof(int) + length)..];
        }

        return collector.ToContent();
    }

    /// <returns>Whether the message was about rich output.</returns>
    public bool Take(byte kind, PythonFields fields)
    {
        switch (kind)
        {
            case (byte)'D':
                TakeBundle(fields);
                return true;
            case (byte)'X':
                _bundles.Clear();
                _bytes = 0;
                return true;
            case (byte)'O':
                _omitted = int.TryParse(fields.NextText(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Min(count, int.MaxValue / 2) : _omitted;
                return true;
            default:
                return false;
        }
    }

    public RichContent ToContent()
    {
        var result = _bundles.FindLast(bundle => bundle.Kind == 'r')?.Data.GetValueOrDefault("text/plain");
        var outputs = _bundles
            .Where(bundle => bundle.Kind != 'r' || bundle.Data.Keys.Any(mime => mime != "text/plain"))
            .Select(bundle => new RichOutput { Type = Richest(bundle.Data), Data = bundle.Data })
            .ToList();
        return new RichContent(result, outputs, _omitted);
    }

    private void TakeBundle(PythonFields fields)
    {
        var kind = fields.NextText() is [var letter] ? letter : 'd';
        var identifier = fields.NextText() ?? "";
        var data = new Dictionary<string, string>();
        long bytes = 0;
        while (fields.TryNext(out var mime) && fields.TryNext(out var content))
        {
            bytes += content.Length;
            if (bytes <= limitBytes && mime.Length is > 0 and <= MaxMimeLength && ToText(Encoding.UTF8.GetString(mime), content) is { } text)
            {
                data[Encoding.UTF8.GetString(mime)] = text;
            }
        }

        if (data.Count == 0)
        {
            return;
        }

        var replaced = kind == 'u' ? _bundles.FindIndex(bundle => bundle.Identifier == identifier) : -1;
        var freed = replaced < 0 ? 0 : _bundles[replaced].Bytes;
        if (_bytes - freed + bytes > limitBytes || (replaced < 0 && _bundles.Count >= MaxBundles))
        {
            _omitted++;
            return;
        }

        _bytes += bytes - freed;
        var bundle = new Bundle(kind, identifier, data, bytes);
        if (replaced < 0)
        {
            _bundles.Add(bundle);
        }
        else
        {
            _bundles[replaced] = bundle with { Kind = _bundles[replaced].Kind };
        }
    }

    private static string? ToText(string mime, ReadOnlySpan<byte> data) => mime switch
    {
        "image/png" => data.StartsWith(PngSignature) ? Convert.ToBase64String(data) : null,
        "image/jpeg" => data.StartsWith(JpegSignature) ? Convert.ToBase64String(data) : null,
        "application/json" => IsJson(data) ? Encoding.UTF8.GetString(data) : null,
        "image/svg+xml" or "application/javascript" => Encoding.UTF8.GetString(data),
        _ when mime.StartsWith("text/", StringComparison.Ordinal) || mime.EndsWith("+json", StringComparison.Ordinal) => Encoding.UTF8.GetString(data),
        _ => Convert.ToBase64String(data),
    };

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    private static bool IsJson(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data);
        try
        {
            return reader.Read() && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Richest(Dictionary<string, string> data) => Array.Find(RichestFirst, data.ContainsKey) ?? data.Keys.First();

    private sealed record Bundle(char Kind, string Identifier, Dictionary<string, string> Data, long Bytes);
}
