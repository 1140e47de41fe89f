using Hopx.Client;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Finds the OCI runtime that runs sandboxes here.</summary>
/// <param name="sandboxes">Tries a runtime.</param>
/// <param name="verdicts">What earlier trials found; null: all are tried.</param>
internal sealed class OciRuntimeChoice(SandboxRuntime sandboxes, OciRuntimeVerdicts? verdicts = null)
{
    private static readonly TimeSpan VersionPatience = TimeSpan.FromSeconds(10);

    /// <summary>In the order in which <c>auto</c> takes them.</summary>
    private static readonly string[] Known = ["runc", "crun", "runsc"];

    /// <summary>The runtime that the setting names, or for <c>auto</c> the first one that works.</summary>
    public async Task<OciRuntime> ChooseAsync(string setting, CancellationToken cancellationToken)
    {
        // What lacks for every runtime is said as such, not as a fault of each of them.
        _ = sandboxes.Machine.Ids;

        var rejected = new List<OciRuntimeVerdict>();
        foreach (var name in Candidates(setting))
        {
            if (ToolProcess.Find(name) is { } path && verdicts?.Find(path, sandboxes.Machine) is { } known)
            {
                return known;
            }

            var verdict = await JudgeAsync(name, cancellationToken);
            if (verdict.Works)
            {
                verdicts?.Keep(verdict.Runtime!, sandboxes.Machine);
                return verdict.Runtime!;
            }

            rejected.Add(verdict);
        }

        throw new HopxException(
            HopxErrorCode.RuntimeNotAvailable,
            $"No OCI runtime works here (HOPX_RUNTIME is '{setting}'). {string.Join("; ", rejected)}. Install one: 'apt-get install runc', or run 'hopx-mcp setup'.");
    }

    /// <summary>All runtimes that the setting allows, in the order in which they are taken.</summary>
    public Task<OciRuntimeVerdict[]> JudgeAllAsync(string setting, CancellationToken cancellationToken) =>
        Task.WhenAll(Candidates(setting).Select(name => JudgeAsync(name, cancellationToken)));

    private static string[] Candidates(string setting) => setting == "auto" ? Known : [setting];

    /// <summary>Whether that runtime is here and works.</summary>
    private async Task<OciRuntimeVerdict> JudgeAsync(string name, CancellationToken cancellationToken)
    {
        if (ToolProcess.Find(name) is not { } path)
        {
            return new OciRuntimeVerdict(name, null, "not installed");
        }

        var version = await ToolProcess.RunAsync(path, ["--version"], VersionPatience);
        if (!version.Succeeded)
        {
            return new OciRuntimeVerdict(name, null, $"'{path} --version' failed: {version.Complaint}");
        }

        var runtime = new OciRuntime(Path.GetFileName(path), path, version.Output.Split('\n')[0].Trim());
        return new OciRuntimeVerdict(name, runtime, await sandboxes.TryRuntimeAsync(runtime, cancellationToken));
    }
}
