namespace Hopx.Agent;

internal static class AccessSetup
{
    public static IServiceCollection AddAccess(this IServiceCollection services) =>
        services.AddSingleton<TokenCheck>().AddSingleton<TokenGate>();
}
