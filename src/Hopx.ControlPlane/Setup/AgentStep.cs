using Hopx.Client;

namespace Hopx.ControlPlane.Setup;

/// <summary>The program that is the first process of every sandbox is there.</summary>
internal sealed class AgentStep(AgentBinary agent, PackageInstaller installer) : ISetupStep
{
    public string Name => "agent";

    public Task<SetupFinding> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (agent.Find() is { } path)
            {
                return Task.FromResult(SetupFinding.Ready(path));
            }

            var packages = agent.PackagesToMakeIt;
            return Task.FromResult(packages.Count > 0 && installer.Check(packages) is { IsReady: false } missing
                ? missing
                : SetupFinding.Missing("The agent is not published yet.", "Run 'hopx-mcp setup'."));
        }
        catch (HopxException failure)
        {
            return Task.FromResult(new SetupFinding(IsReady: false, failure.Message));
        }
    }

    public Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken) =>
        agent.EnsureAsync(line => progress.Report(new SetupProgress(Name, SetupState.Working, line.Trim())), cancellationToken);
}
