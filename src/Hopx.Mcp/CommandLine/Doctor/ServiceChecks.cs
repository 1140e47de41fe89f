using Hopx.Client;
using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.CommandLine.Doctor;

/// <summary>What matters when the sandboxes live elsewhere: that the service answers and takes the key.</summary>
internal static class ServiceChecks
{
    public static async Task<IReadOnlyList<DoctorCheck>> RunAsync(HopxSettings settings, CancellationToken cancellationToken)
    {
        var where = settings.Service is ServiceKind.Cloud ? "the HopX cloud" : "the control plane that HOPX_BASE_URL names";
        await using var service = new HopxService(settings, StderrLogging.Quiet);
        using var client = service.CreateClient();
        return
        [
            await TryAsync("service", async () => $"{settings.Client().BaseUrl} is {(await client.GetHealthAsync(cancellationToken)).Status}", $"Check the network and the address of {where}."),
            await TryAsync(
                "API key",
                async () => $"accepted; {(await client.Sandboxes.ListAsync(limit: 1, cancellationToken: cancellationToken)).Data?.Count ?? 0} or more sandboxes",
                "Set HOPX_API_KEY to a key of that service, or unset it (and HOPX_BASE_URL) to run sandboxes on this machine."),
        ];
    }

    private static async Task<DoctorCheck> TryAsync(string name, Func<Task<string>> check, string remedy)
    {
        try
        {
            return new DoctorCheck(name, CheckResult.Ok, await check());
        }
        catch (HopxException failure)
        {
            return new DoctorCheck(name, CheckResult.Fail, failure.Message, remedy);
        }
    }
}
