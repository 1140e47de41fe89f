using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Hopx.Agent.Tests;

public sealed class RequestMetricsTests
{
    private const int Routes = 20_000;

    [Fact]
    public async Task The_routes_can_be_read_while_others_are_asked_for_the_first_time()
    {
        var metrics = new RequestMetrics(TimeProvider.System);
        var asking = Task.Run(
            async () =>
            {
                for (var i = 0; i < Routes; i++)
                {
                    var context = new DefaultHttpContext();
                    context.SetEndpoint(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse($"/r{i}"), order: 0, EndpointMetadataCollection.Empty, displayName: null));
                    await metrics.InvokeAsync(context, _ => Task.CompletedTask);
                }
            },
            TestContext.Current.CancellationToken);
        while (!asking.IsCompleted)
        {
            Assert.All(metrics.Routes, route => Assert.NotEmpty(route.Key));
        }

        await asking;
        Assert.Equal(Routes, metrics.Routes.Count);
    }
}
