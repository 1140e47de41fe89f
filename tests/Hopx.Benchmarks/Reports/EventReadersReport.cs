using System.Diagnostics;
using System.Globalization;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks.Reports;

/// <summary>How long an event takes to reach the first and the last of many readers, in one process with them; against one reader alone.</summary>
internal static class EventReadersReport
{
    private const int Many = 1_000;
    private const int Events = 100;

    public static async Task WriteAsync(TextWriter output)
    {
        foreach (var readers in new[] { 1, Many })
        {
            await using var home = await BenchmarkHome.OpenAsync();
            await home.Client.GetHealthAsync();
            using var http = new HttpClient(home.CreateTransport()) { BaseAddress = new Uri("http://localhost"), Timeout = Timeout.InfiniteTimeSpan };
            var memory = Environment.WorkingSet;
            var streams = await Task.WhenAll(Enumerable.Range(0, readers).Select(_ => OpenAsync(http)));
            memory = Environment.WorkingSet - memory;
            var all = new List<double>();
            for (var count = 0; count < Events; count++)
            {
                var started = Stopwatch.GetTimestamp();
                home.Tell(string.Create(CultureInfo.InvariantCulture, $"{{\"number\":{count}}}"));
                var took = await Task.WhenAll(streams.Select(stream => ReadAsync(stream, count, started)));
                all.Add(took.Max());
            }

            all.Sort();
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{readers,5} readers: the last one has an event after {all[Events / 2]:0.00} ms (median), {all[Events * 95 / 100]:0.00} ms (p95); {memory / 1024.0 / readers:0} KiB each, both ends together"));
            foreach (var stream in streams)
            {
                stream.Dispose();
            }
        }
    }

    private static async Task<StreamReader> OpenAsync(HttpClient http)
    {
        var response = await http.GetAsync(new Uri("/v1/sandboxes/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static async Task<double> ReadAsync(StreamReader stream, int number, long started)
    {
        var wanted = string.Create(CultureInfo.InvariantCulture, $"data: {{\"number\":{number}}}");
        while (await stream.ReadLineAsync() is { } line)
        {
            if (line == wanted)
            {
                return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }
        }

        throw new InvalidOperationException("A reader was cut off.");
    }
}
