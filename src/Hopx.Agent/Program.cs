using Hopx.Agent;
using Microsoft.Extensions.Options;

Hardening.Apply();
try
{
    await using var app = AgentHost.Create();
    await app.RunAsync();
    return 0;
}
catch (Exception failure) when (failure is OptionsValidationException or IOException)
{
    await Console.Error.WriteLineAsync($"hopx-agent cannot start: {failure.Message}");
    return 1;
}
finally
{
    Hardening.EndSandbox();
}
