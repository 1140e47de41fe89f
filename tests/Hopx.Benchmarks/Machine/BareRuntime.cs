using System.Text.Json.Nodes;
using Hopx.Client;

namespace Hopx.Benchmarks.Machine;

/// <summary>The OCI runtime alone, on the bundle of a sandbox: same root, namespaces, limits and system calls, but no agent, no overlay and no server.</summary>
internal sealed class BareRuntime : IDisposable
{
    private readonly string _bundle = Directory.CreateTempSubdirectory("hopx-bundle-").FullName;
    private readonly string _template;
    private int _runs;

    private BareRuntime(string template) => _template = template;

    /// <summary>Takes the bundle over from a sandbox that lives.</summary>
    public static BareRuntime Like(BenchmarkHome home, Sandbox sandbox)
    {
        var template = Directory.EnumerateDirectories(Path.Combine(Places.Templates, BenchmarkHome.Template), "rootfs", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        var runtime = new BareRuntime(template);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(home.SandboxDirectory(sandbox.Id), "config.json")))!;
        config["process"]!["args"] = new JsonArray("python3", "-c", "print(6 * 7)");
        config["root"] = new JsonObject { ["path"] = "/mnt", ["readonly"] = true };
        config["linux"]!["cgroupsPath"] = $"/hopx-bare-{Environment.ProcessId}";
        var mounts = config["mounts"]!.AsArray();
        foreach (var mount in mounts.Where(mount => mount!["destination"]!.GetValue<string>().StartsWith("/.hopx", StringComparison.Ordinal)).ToList())
        {
            mounts.Remove(mount);
        }

        File.WriteAllText(Path.Combine(runtime._bundle, "config.json"), config.ToJsonString());
        return runtime;
    }

    public Task<string> RunPythonAsync() => Programs.RunAsync(
        "unshare",
        "--mount", "--propagation", "private", "sh", "-c", "mount --bind \"$1\" /mnt && exec runc --root \"$2/state\" run --bundle \"$2\" \"$3\" </dev/null",
        "sh", _template, _bundle, $"hopx-bare-{Environment.ProcessId}-{++_runs}");

    public void Dispose() => Directory.Delete(_bundle, recursive: true);
}
