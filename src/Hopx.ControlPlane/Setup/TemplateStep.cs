using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Setup;

/// <summary>A template is built.</summary>
internal sealed class TemplateStep(TemplateCatalog templates, TemplateRecipe recipe) : ISetupStep
{
    public string Name => $"template {recipe.Name}";

    public Task<SetupFinding> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(
        templates.FindBuilt(recipe.Name) is { } built
            ? SetupFinding.Ready($"{built.Manifest.PackageCount} packages, {built.Manifest.RootfsBytes >> 20} MiB, build {built.Manifest.BuildId}")
            : SetupFinding.Missing($"Template '{recipe.Name}' is not built.", $"Run 'hopx-mcp setup --template {recipe.Name}'."));

    public Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken) =>
        templates.EnsureBuiltAsync(recipe.Name, new BuildToSetup(Name, progress), cancellationToken);

    private sealed class BuildToSetup(string step, IProgress<SetupProgress> progress) : IProgress<TemplateBuildProgress>
    {
        public void Report(TemplateBuildProgress value) =>
            progress.Report(new SetupProgress(step, SetupState.Working, $"{Verb(value.Stage)} {value.Detail}", value.Fraction));

        private static string Verb(TemplateBuildStage stage) => stage switch
        {
            TemplateBuildStage.Waiting => "waiting for",
            TemplateBuildStage.Preparing => "preparing",
            TemplateBuildStage.Downloading => "downloading",
            TemplateBuildStage.Installing => "installing",
            TemplateBuildStage.Customizing => "taking",
            TemplateBuildStage.Verifying => "checking",
            _ => "ready:",
        };
    }
}
