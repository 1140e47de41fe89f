namespace Hopx.ControlPlane.Setup;

/// <summary>The program that is the first process of every sandbox is there.</summary>
internal sealed class AgentStep(AgentBinary agent, PackageInstaller installer) : ProgramStep(agent, installer)
{
    public override string Name => "agent";
}
