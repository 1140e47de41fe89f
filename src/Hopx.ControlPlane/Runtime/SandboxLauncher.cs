using System.Globalization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Runs the launch script for a sandbox whose files lie ready.</summary>
internal sealed class SandboxLauncher(Machine machine, SandboxFiles files)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _script = OciResourceFiles.ReadLauncher();

    public async Task<ToolResult> LaunchAsync(SandboxStart start, LaunchPlan plan, OciRuntime runtime)
    {
        var directory = files.DirectoryOf(start.Id);
        List<string> arguments =
        [
            .. machine.OwnNamespace, "--mount", "--propagation", "private", "/bin/sh", "-c", _script, "launch.sh",
            plan.Stage, directory, start.TemplateRoot, start.AgentPath, start.DesktopPath ?? "",
            string.Create(CultureInfo.InvariantCulture, $"{plan.FirstUser}:{plan.FirstGroup}"),
            plan.UsesDiskImage ? "yes" : "no",
            // In a user namespace the kernel lets overlays keep their notes in attributes of the user only.
            plan.Nested ? ",userxattr" : "",
        ];
        if (!plan.UsesPidsController && plan.Nested)
        {
            // Set before the sandbox's user namespace is made, the limit holds for all of its users together.
            arguments.AddRange(["prlimit", string.Create(CultureInfo.InvariantCulture, $"--nproc={start.Limits.Processes}")]);
        }

        arguments.AddRange(
        [
            runtime.Path, "--root", files.States, "run", "--detach", .. runtime.RunOptions, "--bundle", directory, "--pid-file", Path.Combine(directory, "pid"), start.Id,
        ]);
        return await ToolProcess.RunAsync("unshare", arguments, Patience);
    }
}
