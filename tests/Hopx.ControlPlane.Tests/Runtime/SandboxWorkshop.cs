using System.Globalization;
using Hopx.Client;

using Hopx.ControlPlane.Runtime;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Tests.Runtime;

/// <summary>A home of its own with a tiny template (busybox) and a stand-in for the agent that runs what it is sent.</summary>
public sealed class SandboxWorkshop : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly SandboxRuntime _runtime;

    public SandboxWorkshop()
    {
        // A name that would break an option of mount, or a line of shell, that is put together carelessly.
        Home = Directory.CreateTempSubdirectory("hopx tests, a:b '").FullName;
        _runtime = NewRuntime();
    }

    public string Home { get; }

    /// <summary>What keeps real sandboxes from running here; empty when nothing does.</summary>
    public string Missing { get; private set; } = "";

    public string TemplateRoot => Path.Combine(Home, "template");

    public string AgentPath => Path.Combine(Home, "agent");

    internal SandboxRuntime Runtime => _runtime;

    internal SandboxRuntime NewRuntime(string runtime = "auto") =>
        new(Options.Create(new ControlPlaneOptions { Home = Home, Runtime = runtime }), NullLogger<SandboxRuntime>.Instance);

    internal SandboxStart NewStart() => new()
    {
        Id = $"t{Guid.NewGuid():N}"[..16],
        TemplateRoot = TemplateRoot,
        AgentPath = AgentPath,
        TokenPublicKey = "",
        Limits = new SandboxLimits(VirtualCpus: 1, MemoryMib: 256, DiskMib: 128, Processes: 100),
    };

    internal async Task<SandboxHandle> StartAsync(SandboxStart? start = null)
    {
        Assert.SkipUnless(Missing.Length == 0, Missing);
        return await _runtime.StartAsync(start ?? NewStart(), TestContext.Current.CancellationToken);
    }

    internal Task KillAsync(SandboxHandle sandbox) => _runtime.KillAsync(sandbox, CancellationToken.None);

    /// <summary>Runs a shell script in the sandbox.</summary>
    internal static async Task<(int ExitCode, string Output)> ShellAsync(SandboxHandle sandbox, string script)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, token) => AgentConnector.ConnectAsync(sandbox.RunDirectory, token) };
        using var client = new HttpClient(handler) { Timeout = Patience };
        using var content = new StringContent(script);
        using var answer = await client.PostAsync("http://sandbox/", content, cancellationToken);
        var code = int.Parse(answer.Headers.GetValues("X-Exit-Code").Single(), CultureInfo.InvariantCulture);
        return (code, await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>Nothing of that sandbox is left on the machine.</summary>
    internal void AssertGone(SandboxHandle sandbox)
    {
        Assert.DoesNotContain(sandbox.Id, _runtime.FindRemains().Ids);
        Assert.DoesNotContain(sandbox.Id, File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories("/sys/fs/cgroup", sandbox.Id, SearchOption.AllDirectories));
        Assert.DoesNotContain(LoopFiles(), file => file.Contains(sandbox.Id, StringComparison.Ordinal));
    }

    public async ValueTask InitializeAsync()
    {
        Missing = await BuildAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_runtime.Machine.HasIds)
        {
            foreach (var id in _runtime.FindRemains().Ids)
            {
                await KillAsync(_runtime.HandleOfRemains(id));
            }
        }

        _runtime.Dispose();
        await InOwnNamespaceAsync("rm", "-rf", Home);
    }

    private static IEnumerable<string> LoopFiles() =>
        Directory.Exists("/sys/block")
            ? Directory.EnumerateDirectories("/sys/block", "loop*").Select(device => Path.Combine(device, "loop", "backing_file")).Where(File.Exists).Select(ReadIfThere)
            : [];

    private static string ReadIfThere(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private async Task<string> BuildAsync()
    {
        if (!_runtime.Machine.HasIds)
        {
            return "The user has no sub-ids in /etc/subuid and /etc/subgid.";
        }

        if (ToolProcess.Find("busybox") is not { } busybox || ToolProcess.Find("gcc") is not { } gcc)
        {
            return "busybox (static) or gcc is not installed.";
        }

        var compiled = await ToolProcess.RunAsync(gcc, ["-O1", "-static", "-w", "-o", AgentPath, Path.Combine(AppContext.BaseDirectory, "Runtime", "standin_agent.c")], Patience);
        if (!compiled.Succeeded)
        {
            return $"The stand-in for the agent does not compile: {compiled.Complaint}";
        }

        foreach (var directory in (string[])["bin", "sbin", "etc", "tmp", "root", "proc", "dev", "sys", "var", "usr/bin", "usr/sbin", "workspace"])
        {
            Directory.CreateDirectory(Path.Combine(TemplateRoot, directory));
        }

        File.Copy(busybox, Path.Combine(TemplateRoot, "bin", "busybox"));
        foreach (var applet in (await ToolProcess.RunAsync(busybox, ["--list"], Patience)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(applet => applet != "busybox"))
        {
            File.CreateSymbolicLink(Path.Combine(TemplateRoot, "bin", applet), "busybox");
        }

        await File.WriteAllTextAsync(Path.Combine(TemplateRoot, "etc", "passwd"), "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n");
        File.SetUnixFileMode(Path.Combine(TemplateRoot, "tmp"), (UnixFileMode)0b1_111_111_111);
        var plan = _runtime.Machine.Plan(NewStart().Limits, "x", Home);
        var owned = await InOwnNamespaceAsync("chown", "-R", $"{plan.FirstUser}:{plan.FirstGroup}", TemplateRoot);
        if (!owned.Succeeded)
        {
            return $"The template cannot be given to the sub-ids: {owned.Complaint}";
        }

        try
        {
            await _runtime.ChooseRuntimeAsync(CancellationToken.None);
            return "";
        }
        catch (HopxException failure)
        {
            return failure.Message;
        }
    }

    private Task<ToolResult> InOwnNamespaceAsync(string program, params string[] arguments) =>
        _runtime.Machine.Nested
            ? ToolProcess.RunAsync("unshare", [.. _runtime.Machine.Ids.OwnerNamespace, program, .. arguments], Patience)
            : ToolProcess.RunAsync(program, arguments, Patience);
}
