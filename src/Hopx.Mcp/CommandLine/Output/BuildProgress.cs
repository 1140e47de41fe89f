using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>Shows the build of one template the way a step of the set-up is shown.</summary>
internal sealed class BuildProgress(IProgress<SetupProgress> display) : IProgress<TemplateBuildProgress>
{
    public void Report(TemplateBuildProgress value) => display.Report(new SetupProgress(
        $"template {value.Template}",
        value.Stage is TemplateBuildStage.Ready ? SetupState.Done : SetupState.Working,
        $"{value.Stage.ToString().ToLowerInvariant()} {value.Detail}",
        value.Fraction));
}
