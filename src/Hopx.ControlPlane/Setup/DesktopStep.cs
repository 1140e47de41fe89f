namespace Hopx.ControlPlane.Setup;

/// <summary>The program that serves the desktop is there, for templates that have one.</summary>
internal sealed class DesktopStep(DesktopBinary desktop, PackageInstaller installer) : ProgramStep(desktop, installer)
{
    public override string Name => "desktop";
}
