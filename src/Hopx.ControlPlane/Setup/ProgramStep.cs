using Hopx.Client;

namespace Hopx.ControlPlane.Setup;

/// <summary>A program that goes into sandboxes is there.</summary>
internal abstract class ProgramStep(SandboxProgram program, PackageInstaller installer) : ISetupStep
{
    public abstract string Name { get; }

    public Task<SetupFinding> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (program.Find() is { } path)
            {
                return Task.FromResult(SetupFinding.Ready(path));
            }

            var packages = program.PackagesToMakeIt;
            return Task.FromResult(packages.Count > 0 && installer.Check(packages) is { IsReady: false } missing
                ? missing
                : SetupFinding.Missing($"The {Name} program is not published yet.", "Run 'hopx-mcp setup'."));
        }
        catch (HopxException failure)
        {
            return Task.FromResult(new SetupFinding(IsReady: false, failure.Message));
        }
    }

    public Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken) =>
        program.EnsureAsync(line => progress.Report(new SetupProgress(Name, SetupState.Working, line.Trim())), cancellationToken);
}
