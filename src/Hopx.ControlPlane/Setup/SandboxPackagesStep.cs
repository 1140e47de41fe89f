namespace Hopx.ControlPlane.Setup;

/// <summary>The programs that run sandboxes and build templates are installed.</summary>
internal sealed class SandboxPackagesStep(PackageInstaller installer) : ISetupStep
{
    public string Name => "packages";

    public Task<SetupFinding> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(installer.Check(HostPackage.ForSandboxes));

    public Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken) =>
        installer.InstallAsync(
            HostPackage.ForSandboxes,
            line => progress.Report(new SetupProgress(Name, SetupState.Working, line)),
            cancellationToken);
}
