using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Setup;
using Hopx.Mcp.CommandLine.Local;

namespace Hopx.Mcp.CommandLine.Doctor;

/// <summary>What matters when the sandboxes live on this machine.</summary>
internal static class MachineChecks
{
    private static readonly string[] Runtimes = ["runc", "crun", "runsc"];

    public static async Task<IReadOnlyList<DoctorCheck>> RunAsync(LocalMachine machine, CancellationToken cancellationToken)
    {
        var steps = machine.Setup.Steps([.. machine.Templates.List().Select(template => template.Name)]);
        var checks = new List<DoctorCheck>();
        foreach (var (step, finding) in await MachineSetup.CheckAsync(steps, cancellationToken))
        {
            checks.Add(FromFinding(step, finding, isNeeded: IsNeeded(step)));
        }

        // A trial of a runtime needs what the steps look at; without that it would only say the same again, in other words.
        if (checks.All(check => check.Result is not CheckResult.Fail || !IsNeededByRuntime(check.Name)))
        {
            checks.AddRange(await JudgeRuntimesAsync(machine, cancellationToken));
            checks.AddRange(JudgeLimits(machine.Runtime.Machine));
        }

        checks.Add(HomeOwner.Find(machine.Home.Path) is { } owner
            ? new DoctorCheck("server", CheckResult.Ok, $"process {owner} hosts the control plane of '{machine.Home.Path}'")
            : new DoctorCheck("server", CheckResult.Ok, $"no process hosts the control plane of '{machine.Home.Path}'; the next one that needs it does"));
        return checks;
    }

    public static DoctorCheck FromFinding(string step, SetupFinding finding, bool isNeeded) => new(
        step, finding.IsReady ? CheckResult.Ok : isNeeded ? CheckResult.Fail : CheckResult.Warn, finding.Detail, finding.Remedy);

    // A template that is missing is built when a sandbox is made from it; only the default one is part of the main job.
    private static bool IsNeeded(string step) => !step.StartsWith("template ", StringComparison.Ordinal) || step is "template code-interpreter";

    private static bool IsNeededByRuntime(string step) => step is "home" or "sub-ids" or "namespaces";

    private static async Task<IEnumerable<DoctorCheck>> JudgeRuntimesAsync(LocalMachine machine, CancellationToken cancellationToken)
    {
        var setting = machine.Options.Runtime;
        var choice = new OciRuntimeChoice(machine.Runtime);
        OciRuntime? chosen = null;
        var checks = new List<DoctorCheck>();
        foreach (var name in setting is "auto" ? Runtimes : [setting])
        {
            var verdict = await choice.JudgeAsync(name, cancellationToken);
            chosen ??= verdict.Works ? verdict.Runtime : null;
            checks.Add(new DoctorCheck($"runtime {name}", CheckResult.Ok, verdict.Works ? $"{verdict.Runtime!.Version}, works here" : $"not used: {verdict.Problem}"));
        }

        checks.Insert(0, chosen is not null
            ? new DoctorCheck("OCI runtime", CheckResult.Ok, $"{chosen.Path} (HOPX_RUNTIME is '{setting}')")
            : new DoctorCheck("OCI runtime", CheckResult.Fail, $"none works here (HOPX_RUNTIME is '{setting}')", "Run 'hopx-mcp setup', or 'apt-get install -y runc' as root."));
        return checks;
    }

    private static IEnumerable<DoctorCheck> JudgeLimits(Machine machine)
    {
        var groups = machine.ControlGroups;
        yield return groups.IsUsable
            ? new DoctorCheck("cgroups", CheckResult.Ok, $"{NameOf(groups.Version)}, with {string.Join(", ", groups.Controllers.Order(StringComparer.Ordinal))}")
            : new DoctorCheck("cgroups", CheckResult.Warn, $"{NameOf(groups.Version)}, not usable: {groups.WhyUnusable}", "Run the server as root, or on a machine with cgroup version 2 and a delegated cgroup.");
        var held = machine.Enforcement;
        yield return JudgeLimit("cpu", held.Cpu);
        yield return JudgeLimit("memory", held.Memory);
        yield return JudgeLimit("processes", held.Processes);
        yield return JudgeLimit("disk", held.Disk);
        yield return groups.CanFreeze
            ? new DoctorCheck("pause", CheckResult.Ok, "sandboxes can be frozen")
            : new DoctorCheck("pause", CheckResult.Warn, "sandboxes cannot be frozen here; stopping them works");
    }

    private static DoctorCheck JudgeLimit(string what, EnforcedBy holder) => new($"{what} limit", holder is EnforcedBy.Kernel ? CheckResult.Ok : CheckResult.Warn, holder switch
    {
        EnforcedBy.Kernel => "held by the kernel",
        EnforcedBy.PerProcess => "held by the kernel for each process alone, not for the sandbox as a whole",
        EnforcedBy.Watchdog => "held by a watchdog, which looks now and then and ends what is over it",
        _ => "not held: this machine gives no means",
    });

    private static string NameOf(ControlGroupVersion version) => version switch
    {
        ControlGroupVersion.V1 => "version 1",
        ControlGroupVersion.Hybrid => "hybrid (controllers in version 1)",
        ControlGroupVersion.V2 => "version 2",
        _ => "none",
    };
}
