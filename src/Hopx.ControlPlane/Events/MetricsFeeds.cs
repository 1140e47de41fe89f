using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Events;

/// <summary>Measures sandboxes while somebody reads along: once for all readers of a sandbox, never for none.</summary>
internal sealed partial class MetricsFeeds(
    SandboxStore store, SandboxMeter meter, IOptions<ControlPlaneOptions> options, TimeProvider time, ILogger<MetricsFeeds> logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Feed> _feeds = new(StringComparer.Ordinal);

    public MetricsReader Open(string sandboxId)
    {
        lock (_lock)
        {
            if (_feeds.Values.Sum(feed => feed.Readers.Count) >= options.Value.MaxEventReaders)
            {
                throw new HopxException(HopxErrorCode.ResourceLimitError, $"{options.Value.MaxEventReaders} metrics streams are open already, the most that this server allows. Close one, or raise MaxEventReaders.")
                {
                    RetryAfter = TimeSpan.FromSeconds(5),
                };
            }

            var isNew = !_feeds.TryGetValue(sandboxId, out var feed);
            if (feed is null)
            {
                _feeds[sandboxId] = feed = new Feed();
            }

            var reader = new MetricsReader(reader => Close(sandboxId, feed, reader));
            feed.Readers.Add(reader);
            if (!feed.Last.IsEmpty)
            {
                reader.Offer(feed.Last);
            }

            if (isNew)
            {
                _ = MeasureAsync(sandboxId, feed);
            }

            return reader;
        }
    }

    private void Close(string sandboxId, Feed feed, MetricsReader reader)
    {
        lock (_lock)
        {
            feed.Readers.Remove(reader);
            if (feed.Readers.Count == 0)
            {
                feed.End.Cancel();
                if (_feeds.GetValueOrDefault(sandboxId) == feed)
                {
                    _feeds.Remove(sandboxId);
                }
            }
        }
    }

    private async Task MeasureAsync(string sandboxId, Feed feed)
    {
        try
        {
            using var timer = new PeriodicTimer(options.Value.MetricsInterval, time);
            SandboxSample? before = null;
            do
            {
                if (!store.TryFindLiving(sandboxId, out var record))
                {
                    break;
                }

                before = await meter.MeasureAsync(record, before, feed.End.Token);
                var frame = SseFrame.Of(JsonSerializer.Serialize(before.Metrics, HopxJson.Default.SandboxMetrics));
                lock (_lock)
                {
                    feed.Last = frame;
                    foreach (var reader in feed.Readers)
                    {
                        reader.Offer(frame);
                    }
                }
            }
            while (await timer.WaitForNextTickAsync(feed.End.Token));
        }
        catch (OperationCanceledException)
        {
            // Nobody reads any more.
        }
        catch (Exception failure)
        {
            LogFailed(sandboxId, failure);
        }

        lock (_lock)
        {
            if (_feeds.GetValueOrDefault(sandboxId) == feed)
            {
                _feeds.Remove(sandboxId);
            }

            foreach (var reader in feed.Readers)
            {
                reader.End();
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Sandbox {SandboxId} could not be measured; its metrics streams were ended.")]
    private partial void LogFailed(string sandboxId, Exception exception);

    private sealed class Feed
    {
        public HashSet<MetricsReader> Readers { get; } = [];

        // Not disposed: without a timer it holds nothing but memory.
        public CancellationTokenSource End { get; } = new();

        public ReadOnlyMemory<byte> Last { get; set; }
    }
}
