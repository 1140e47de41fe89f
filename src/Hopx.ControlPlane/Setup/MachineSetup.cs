using Hopx.Client;
using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Setup;

/// <summary>Prepares this machine for sandboxes. Each step looks first, so a second run changes nothing and takes a moment.</summary>
internal sealed class MachineSetup(
    HomeStep home, SandboxPackagesStep packages, SubordinateIdsStep subordinateIds, NamespacesStep namespaces, AgentStep agent, DesktopStep desktop, TemplateCatalog templates)
{
    /// <summary>The steps in the order in which they build on each other.</summary>
    /// <param name="templateNames">Names or ids of the templates that are to be ready; the default template when empty.</param>
    public IReadOnlyList<ISetupStep> Steps(IReadOnlyCollection<string> templateNames)
    {
        TemplateRecipe[] wanted = [.. (templateNames.Count > 0 ? templateNames : [BuiltInTemplates.Default]).Select(templates.Recipe)];
        ISetupStep[] programs = wanted.Any(recipe => recipe.HasDesktop) ? [agent, desktop] : [agent];
        return [home, packages, subordinateIds, namespaces, .. programs, .. wanted.Select(recipe => new TemplateStep(templates, recipe))];
    }

    /// <summary>Takes every step that is still to be taken, and stops at the first that fails.</summary>
    public static async Task RunAsync(IEnumerable<ISetupStep> steps, IProgress<SetupProgress> progress, CancellationToken cancellationToken)
    {
        foreach (var step in steps)
        {
            try
            {
                await TakeAsync(step, progress, cancellationToken);
            }
            catch (Exception failure)
            {
                progress.Report(new SetupProgress(step.Name, SetupState.Failed, failure.Message));
                throw;
            }
        }
    }

    /// <summary>Takes every step for the templates that is still to be taken.</summary>
    public Task RunAsync(IReadOnlyCollection<string> templateNames, IProgress<SetupProgress> progress, CancellationToken cancellationToken) =>
        RunAsync(Steps(templateNames), progress, cancellationToken);

    /// <summary>What each step finds, for those who only want to know.</summary>
    public static async Task<IReadOnlyList<(string Step, SetupFinding Finding)>> CheckAsync(IEnumerable<ISetupStep> steps, CancellationToken cancellationToken)
    {
        var findings = new List<(string, SetupFinding)>();
        foreach (var step in steps)
        {
            findings.Add((step.Name, await step.CheckAsync(cancellationToken)));
        }

        return findings;
    }

    private static async Task TakeAsync(ISetupStep step, IProgress<SetupProgress> progress, CancellationToken cancellationToken)
    {
        progress.Report(new SetupProgress(step.Name, SetupState.Checking, ""));
        if (await step.CheckAsync(cancellationToken) is { IsReady: true } ready)
        {
            progress.Report(new SetupProgress(step.Name, SetupState.AlreadyReady, ready.Detail, 1));
            return;
        }

        await step.DoAsync(progress, cancellationToken);
        var result = await step.CheckAsync(cancellationToken);
        if (!result.IsReady)
        {
            throw new HopxException(HopxErrorCode.MachineNotReady, result.ToString());
        }

        progress.Report(new SetupProgress(step.Name, SetupState.Done, result.Detail, 1));
    }
}
