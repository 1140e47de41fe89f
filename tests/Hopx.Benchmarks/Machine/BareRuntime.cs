using System.Text.Json.Nodes;
using Hopx.Client;

namespace Hopx.Benchmarks.Machine;

/// <summary>The OCI runtime alone, on the bundle of a sandbox: same root, namespaces, limits and system calls, but no agent, no overlay and no server.</summary>
internal sealed class BareRuntime : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-bundle-").FullName;
    private readonly string _template;
    private readonly JsonNode _config;
    private int _runs;

    private BareRuntime(string template, JsonNode config)
    {
        _template = template;
        _config = config;
    }

    /// <summary>Takes the bundle over from a sandbox that lives.</summary>
    public static BareRuntime Like(BenchmarkHome home, Sandbox sandbox)
    {
        var template = Directory.EnumerateDirectories(Path.Combine(Places.Templates, BenchmarkHome.Template), "rootfs", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(home.SandboxDirectory(sandbox.Id), "config.json")))!;
        config["process"]!["args"] = new JsonArray("python3", "-c", "print(6 * 7)");
        config["root"] = new JsonObject { ["path"] = "/mnt", ["readonly"] = true };
        var mounts = config["mounts"]!.AsArray();
        foreach (var mount in mounts.Where(mount => mount!["destination"]!.GetValue<string>().StartsWith("/.hopx", StringComparison.Ordinal)).ToList())
        {
            mounts.Remove(mount);
        }

        return new BareRuntime(template, config);
    }

    public Task<string> RunPythonAsync()
    {
        var id = $"hopx-bare-{Environment.ProcessId}-{Interlocked.Increment(ref _runs)}";
        var bundle = Directory.CreateDirectory(Path.Combine(_directory, id)).FullName;
        lock (_config)
        {
            _config["linux"]!["cgroupsPath"] = "/" + id;
            File.WriteAllText(Path.Combine(bundle, "config.json"), _config.ToJsonString());
        }

        return Programs.RunAsync(
            "unshare",
            "--mount", "--propagation", "private", "sh", "-c", "mount --bind \"$1\" /mnt && exec runc --root \"$2/state\" run --no-new-keyring --bundle \"$2\" \"$3\" </dev/null",
            "sh", _template, bundle, id);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
