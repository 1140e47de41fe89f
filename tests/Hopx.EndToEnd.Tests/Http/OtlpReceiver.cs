using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>What a collector of OpenTelemetry does with OTLP over HTTP: takes protobuf at the two paths, and reads it.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Task _loop;

    public OtlpReceiver()
    {
        using (var free = new TcpListener(IPAddress.Loopback, port: 0))
        {
            free.Start();
            Url = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}");
        }

        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _loop = ListenAsync();
    }

    public Uri Url { get; }

    /// <summary>All that came, as it came.</summary>
    public IEnumerable<byte[]> Bodies => _received.Select(request => request.Body);

    // ExportTraceServiceRequest 1 resource_spans, ResourceSpans 2 scope_spans, ScopeSpans 2 spans, Span 5 name.
    public IReadOnlySet<string> Spans => Texts("/v1/traces", 1, 2, 2, 5);

    // ExportMetricsServiceRequest 1 resource_metrics, ResourceMetrics 2 scope_metrics, ScopeMetrics 2 metrics, Metric 1 name.
    public IReadOnlySet<string> Metrics => Texts("/v1/metrics", 1, 2, 2, 1);

    // In both 1 resource, Resource 1 attributes, KeyValue 2 value, AnyValue 1 string_value.
    public IReadOnlySet<string> ResourceValues => Texts("/v1/traces", 1, 1, 1, 2, 1);

    /// <summary>Returns when what came so far is enough.</summary>
    public async Task WaitUntilAsync(Func<OtlpReceiver, bool> isEnough)
    {
        var patience = Patience.Token;
        while (!isEnough(this))
        {
            await _arrived.WaitAsync(patience);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
        _listener.Close();
        _arrived.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                context.Response.StatusCode = context.Request.ContentType is "application/x-protobuf" ? 200 : 415;
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
                _received.Enqueue((context.Request.Url!.AbsolutePath, body.ToArray()));
                _arrived.Release();
            }
        }
        catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private HashSet<string> Texts(string path, params int[] fields) => _received
        .Where(request => request.Path == path)
        .SelectMany(request => fields.Aggregate(
            (IEnumerable<ReadOnlyMemory<byte>>)[request.Body], static (messages, field) => messages.SelectMany(message => FieldsOf(message, field))))
        .Select(text => Encoding.UTF8.GetString(text.Span))
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The values of a field of that number with a length: texts and messages inside the message.</summary>
    private static List<ReadOnlyMemory<byte>> FieldsOf(ReadOnlyMemory<byte> message, int number)
    {
        var values = new List<ReadOnlyMemory<byte>>();
        var at = 0;
        while (at < message.Length)
        {
            var tag = ReadNumber(message.Span, ref at);
            switch (tag & 7)
            {
                case 0:
                    ReadNumber(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)ReadNumber(message.Span, ref at);
                    if (tag >> 3 == (ulong)number)
                    {
                        values.Add(message.Slice(at, length));
                    }

                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Protobuf has no wire type {tag & 7}.");
            }
        }

        return values;
    }

    private static ulong ReadNumber(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[at++];
            number |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return number;
            }
        }
    }
}
