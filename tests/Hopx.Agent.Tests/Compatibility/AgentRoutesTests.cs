using Hopx.Testing.Compatibility;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.Agent.Tests.Compatibility;

public sealed class AgentRoutesTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Fact]
    public void The_agent_serves_just_the_routes_of_the_table() => Assert.Empty(CompatibilityTable.Compare(CompatibilityTable.AgentSection, Mapped()));

    private IEnumerable<string> Mapped() =>
        from endpoint in agent.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select $"{method} /{endpoint.RoutePattern.RawText?.TrimStart('/')}";
}
