using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.Agent.Tests;

/// <summary>What is not registered by its own type is put together in every sandbox when it starts.</summary>
public sealed class ClosedServicesTests
{
    [Fact]
    public async Task All_settings_of_the_agent_are_registered_by_their_own_types()
    {
        var services = await DescribeAsync();
        var settings = services
            .Where(service => service.ServiceType.IsConstructedGenericType && service.ServiceType.GetGenericTypeDefinition() is var open && (open == typeof(IConfigureOptions<>) || open == typeof(IValidateOptions<>)))
            .Select(service => service.ServiceType.GenericTypeArguments[0])
            .Where(type => type.Assembly == typeof(AgentHost).Assembly)
            .ToHashSet();

        Assert.Contains(typeof(AgentOptions), settings);
        Assert.All(settings, type => Assert.Contains(services, service => service.ServiceType == typeof(IOptions<>).MakeGenericType(type)));
    }

    [Fact]
    public async Task All_loggers_of_the_agent_are_registered_by_their_own_types()
    {
        var services = await DescribeAsync();
        var loggers = typeof(AgentHost).Assembly.GetTypes()
            .SelectMany(type => type.GetConstructors())
            .SelectMany(constructor => constructor.GetParameters())
            .Select(parameter => parameter.ParameterType)
            .Where(type => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(ILogger<>))
            .ToHashSet();

        Assert.Contains(typeof(ILogger<ChildReaper>), loggers);
        Assert.All(loggers, type => Assert.Contains(services, service => service.ServiceType == type));
    }

    private static async Task<IServiceCollection> DescribeAsync()
    {
        using var tokens = new TestTokens();
        IServiceCollection services = null!;
        await using var agent = AgentHost.Create(builder =>
        {
            services = builder.Services;
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["AGENT_LISTEN"] = "http://127.0.0.1:0",
                ["SANDBOX_ID"] = "closed",
                ["TOKEN_PUBLIC_KEY"] = tokens.PublicKey,
            });
        });
        return services;
    }
}
