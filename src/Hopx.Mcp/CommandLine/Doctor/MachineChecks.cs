using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Setup;
using Hopx.Mcp.CommandLine.Local;

namespace Hopx.Mcp.CommandLine.Doctor;

/// <summary>What matters when the sandboxes live on this machine.</summary>
internal static class MachineChecks
{
    public static async Task<IReadOnlyList<DoctorCheck>> RunAsync(LocalMachine machine, CancellationToken cancellationToken)
    {
        var steps = machine.Setup.Steps([.. machine.Templates.List().Select(template => template.Name)]);
        var findings = await MachineSetup.CheckAsync(steps, cancellationToken);
        var probes = await new HostProbe(machine.Runtime, machine.Options.Runtime).CheckAsync(cancellationToken);
        return
        [
            .. probes.Select(FromProbe),
            // Both look at some things; the probe tries them.
            .. findings.Where(finding => probes.All(probe => probe.Name != finding.Step)).Select(finding => FromFinding(finding.Step, finding.Finding, IsNeeded(finding.Step))),
            Server(machine.Home.Path),
            .. Holdings(machine),
        ];
    }

    /// <summary>Who holds what: each sandbox, and what belongs to nobody.</summary>
    private static IEnumerable<DoctorCheck> Holdings(LocalMachine machine)
    {
        foreach (var holding in SandboxHoldings.Find(machine.Runtime, machine.Home))
        {
            yield return holding.IsReady
                ? new DoctorCheck($"sandbox {holding.Id}", CheckResult.Ok, $"stands ready for a create from {holding.Record!.TemplateName}: {holding}")
                : holding.Record is { } sandbox
                ? new DoctorCheck($"sandbox {holding.Id}", CheckResult.Ok, $"{sandbox.StatusName}, from {sandbox.TemplateName}, organization {sandbox.OrganizationId}: {holding}")
                : new DoctorCheck(
                    $"sandbox {holding.Id}", CheckResult.Warn, $"in no state file, but holds {holding}", "Start hopx-mcp serve, or use any sandbox: what belongs to nobody is removed then.");
        }
    }

    public static DoctorCheck FromProbe(HostCheck check) => new(
        check.Name,
        check.Status switch
        {
            HostCheckStatus.Ok => CheckResult.Ok,
            HostCheckStatus.Warning => CheckResult.Warn,
            _ => CheckResult.Fail,
        },
        check.Detail,
        check.Remedy);

    public static DoctorCheck FromFinding(string step, SetupFinding finding, bool isNeeded) => new(
        step, finding.IsReady ? CheckResult.Ok : isNeeded ? CheckResult.Fail : CheckResult.Warn, finding.Detail, finding.Remedy);

    // A template that is missing is built when a sandbox is made from it; only the default one is part of the main job.
    private static bool IsNeeded(string step) => !step.StartsWith("template ", StringComparison.Ordinal) || step is "template code-interpreter";

    private static DoctorCheck Server(string home) => new(
        "server",
        CheckResult.Ok,
        HomeOwner.Find(home) is { } owner
            ? $"process {owner} hosts the control plane of '{home}'"
            : $"no process hosts the control plane of '{home}'; the next one that needs it does");
}
