using Hopx.ControlPlane.Hosting;
using Hopx.Testing.Compatibility;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Tests.Hosting;

public sealed class ControlPlaneRoutesTests
{
    [Fact]
    public async Task The_control_plane_serves_just_the_routes_of_the_table()
    {
        using var home = new TemporaryHome();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.AddControlPlane(new ControlPlaneOptions { Home = home.Path });
        builder.Services.AddRoutingCore().AddLogging();
        await using var app = builder.Build();
        app.MapControlPlane();

        Assert.Empty(CompatibilityTable.Compare(CompatibilityTable.ControlPlaneSection, Mapped(app)));
    }

    private static IEnumerable<string> Mapped(WebApplication app) =>
        from endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select $"{method} /{endpoint.RoutePattern.RawText?.TrimStart('/')}";
}
