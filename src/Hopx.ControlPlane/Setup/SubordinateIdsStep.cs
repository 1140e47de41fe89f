using Hopx.Client;

namespace Hopx.ControlPlane.Setup;

/// <summary>The user has a block of ids for the users inside sandboxes.</summary>
internal sealed class SubordinateIdsStep(HostUser user) : ISetupStep
{
    public string Name => "sub-ids";

    public Task<SetupFinding> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(
        SubordinateIds.Find(user) is { } ids
            ? SetupFinding.Ready($"users from {ids.FirstUser}, groups from {ids.FirstGroup}")
            : SetupFinding.Missing(
                $"'{user.Name}' has no block of {SubordinateIds.Count} ids in /etc/subuid and /etc/subgid.",
                $"Run '{(user.IsRoot ? "" : "sudo ")}usermod {string.Join(' ', Arguments())}'."));

    public async Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken)
    {
        if (!user.IsRoot)
        {
            throw new HopxException(HopxErrorCode.MachineNotReady, (await CheckAsync(cancellationToken)).ToString());
        }

        // usermod locks the files and keeps their form.
        var arguments = Arguments();
        var result = await new HostCommand("usermod", arguments).RunAsync(onLine: null, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new HopxException(
                HopxErrorCode.MachineNotReady,
                $"'usermod {string.Join(' ', arguments)}' ended with exit code {result.ExitCode}: {result.Tail} Add '{user.Name}:FIRST:{SubordinateIds.Count}' to /etc/subuid and /etc/subgid by hand.");
        }
    }

    private string[] Arguments()
    {
        var first = SubordinateIds.FirstFree(SubordinateIds.Read("/etc/subuid"), SubordinateIds.Read("/etc/subgid"));
        var range = $"{first}-{first + SubordinateIds.Count - 1}";
        return ["--add-subuids", range, "--add-subgids", range, user.Name];
    }
}
