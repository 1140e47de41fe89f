using System.Globalization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.Agent.Tests;

/// <summary>
/// Random requests to every route. Ten thousand as a rule; <c>HOPX_FUZZ_INPUTS</c> asks for more, <c>HOPX_FUZZ_SEED</c> for the same ones again.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int DefaultInputs = 10_000;
    private const int Callers = 4;
    private const long AllowedGrowthBytes = 64L * 1024 * 1024;

    private readonly AgentFixture _agent = new(new() { ["Processes:MaxTimeout"] = "00:00:02" });

    public ValueTask InitializeAsync() => _agent.InitializeAsync();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task No_request_makes_the_agent_fail_or_grow()
    {
        var inputs = int.Parse(Environment.GetEnvironmentVariable("HOPX_FUZZ_INPUTS") ?? $"{DefaultInputs}", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("HOPX_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(Path.Combine(_agent.Outside, "secret"), "secret", TestContext.Current.CancellationToken);
        var routes = FindRoutes();
        await SendManyAsync(routes, inputs / 5, seed);
        var before = MeasureMemory();
        await SendManyAsync(routes, inputs - (inputs / 5), seed + Callers);
        var after = MeasureMemory();
        output.WriteLine($"{inputs} requests to {routes.Count} routes; {before / 1024 / 1024} MiB in use before, {after / 1024 / 1024} MiB after.");
        Assert.True(after - before < AllowedGrowthBytes, $"{before} bytes in use became {after}.");
        var (status, _) = await _agent.SendAsync(HttpMethod.Get, "/health");
        Assert.Equal(System.Net.HttpStatusCode.OK, status);
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(_agent.Outside).Select(Path.GetFileName));
    }

    private static long MeasureMemory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    // Running code is other tests' business, and takes its time: here only a few of those requests are made.
    private List<(string Method, string Pattern)> FindRoutes() =>
    [
        .. from endpoint in _agent.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
           select (method, "/" + endpoint.RoutePattern.RawText?.TrimStart('/')),
    ];

    private Task SendManyAsync(List<(string Method, string Pattern)> routes, int inputs, int seed) => Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(
        async () =>
        {
            var random = new FuzzRequests(new Random(seed + caller), routes, _agent.Workdir);
            for (var i = 0; i < inputs / Callers; i++)
            {
                await SendOneAsync(random);
            }
        },
        TestContext.Current.CancellationToken)));

    private async Task SendOneAsync(FuzzRequests random)
    {
        using var request = random.Next(out var description);
        try
        {
            using var response = await _agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            var isRefusedUpdate = response.StatusCode is System.Net.HttpStatusCode.ServiceUnavailable && request.RequestUri!.ToString().Contains("update", StringComparison.Ordinal);
            Assert.True((int)response.StatusCode < 500 || isRefusedUpdate, $"{response.StatusCode} to {description}\n{await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
            await response.Content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException broken) when (broken.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse or HttpRequestError.Unknown)
        {
            // A request that is no HTTP is answered by closing, and a file that shrinks while it is sent by cutting.
        }
    }
}
