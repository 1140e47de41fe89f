using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Hopx.Testing;

/// <summary>Every request to either plane, in the order of arrival.</summary>
public sealed class RequestLog(TimeProvider time)
{
    private const int MaxBodyBytes = 1 << 20;

    private readonly ConcurrentQueue<RecordedRequest> _requests = new();

    public IReadOnlyList<RecordedRequest> All => [.. _requests];

    /// <summary>Requests with this method whose path matches; <c>*</c> stands for one segment.</summary>
    public IReadOnlyList<RecordedRequest> Of(HttpMethod method, string path) =>
        [.. _requests.Where(request => request.Method == method.Method && PathPattern.Matches(path, request.Path))];

    public int Count(HttpMethod method, string path) => Of(method, path).Count;

    public void Clear() => _requests.Clear();

    internal async Task AddAsync(FakePlane plane, string? sandboxId, HttpRequest request, CancellationToken cancellationToken)
    {
        var arrivedAt = time.GetUtcNow();
        var body = new MemoryStream();
        // What follows an upgrade is no body, and the client waits for us.
        if (!request.Headers.ContainsKey("Upgrade"))
        {
            request.EnableBuffering();
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                body.Write(buffer, 0, (int)Math.Min(read, MaxBodyBytes - body.Length));
            }

            request.Body.Position = 0;
        }

        _requests.Enqueue(new RecordedRequest
        {
            Plane = plane,
            SandboxId = sandboxId,
            ArrivedAt = arrivedAt,
            Method = request.Method,
            Path = request.Path,
            Query = request.QueryString.ToString(),
            Headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            Body = body.ToArray(),
        });
    }
}
