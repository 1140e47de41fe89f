using Hopx.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Turns a template's root into a running sandbox, and takes it back.</summary>
/// <remarks>
/// It keeps no list of sandboxes: whatever it does, it does from the facts of a <see cref="SandboxHandle"/> and of the machine,
/// so it works just as well on sandboxes that an earlier server started. Calls for one sandbox must not overlap; those for different ones may.
/// </remarks>
internal sealed partial class SandboxRuntime(IOptions<ControlPlaneOptions> options, ILogger<SandboxRuntime> logger) : ISandboxRuntime, IDisposable
{
    private static readonly TimeSpan DeathPatience = TimeSpan.FromSeconds(20);

    private readonly Lazy<Machine> _machine = new(() => Runtime.Machine.Inspect(options.Value.Home));
    private readonly OciBundle _bundle = new(OciResourceFiles.ReadSeccompProfile());
    private readonly SemaphoreSlim _choosing = new(1, 1);
    private OciRuntime? _runtime;

    /// <summary>What was found out about this machine.</summary>
    public Machine Machine => _machine.Value;

    private SandboxFiles Files => field ??= new SandboxFiles(Machine);

    private OciRuntimeVerdicts Verdicts => field ??= new OciRuntimeVerdicts(Path.Combine(Machine.Home, "runtime-verdict.json"));

    private SandboxLauncher Launcher => field ??= new SandboxLauncher(Machine, Files);

    /// <summary>The OCI runtime that runs sandboxes here; chosen once.</summary>
    public async Task<OciRuntime> ChooseRuntimeAsync(CancellationToken cancellationToken)
    {
        if (_runtime is { } chosen)
        {
            return chosen;
        }

        await _choosing.WaitAsync(cancellationToken);
        try
        {
            return _runtime ??= await new OciRuntimeChoice(this, Verdicts).ChooseAsync(options.Value.Runtime, cancellationToken);
        }
        finally
        {
            _choosing.Release();
        }
    }

    public async Task<SandboxHandle> StartAsync(SandboxStart start, CancellationToken cancellationToken)
    {
        CheckInputs(start);
        var runtime = await ChooseRuntimeAsync(cancellationToken);
        await using var undo = new UndoStack(logger);
        SandboxHandle sandbox;
        try
        {
            sandbox = await LaunchAsync(start, runtime, undo, cancellationToken);
        }
        catch (HopxException failure) when (failure.Code is HopxErrorCode.RuntimeNotAvailable)
        {
            if (!Directory.Exists(start.TemplateRoot))
            {
                throw new HopxException(
                    HopxErrorCode.TemplateNotFound, $"The template in '{start.TemplateRoot}' was removed while sandbox '{start.Id}' was made from it. Try again: it is built anew then.", failure);
            }

            // Whatever it was, the runtime that worked once does not now: it is judged anew before the next sandbox.
            Verdicts.Forget();
            Interlocked.CompareExchange(ref _runtime, null, runtime);
            throw;
        }

        SandboxFiles.DeleteSeed(sandbox);
        await AgentConnector.WaitUntilReadyAsync(sandbox, options.Value.AgentReadyTimeout, cancellationToken);
        SandboxFiles.Seal(sandbox);
        cancellationToken.ThrowIfCancellationRequested();
        undo.Keep();
        LogStarted(sandbox.Id, runtime.Name, sandbox.Process!.ProcessId, sandbox.Enforcement!);
        return sandbox;
    }

    public async Task<SandboxHandle> StopAsync(SandboxHandle sandbox, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await EndAsync(sandbox);
        Files.DeleteRun(sandbox.Id);
        return sandbox with { Process = null };
    }

    public async Task KillAsync(SandboxHandle sandbox, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await EndAsync(sandbox);
        await Files.DeleteAsync(sandbox.Id);

        // A launch that a dead server left may have got this far meanwhile; on a directory that is gone it gets no further.
        if (Machine.ControlGroups.FindIds().Contains(sandbox.Id) || Files.FindStates().Contains(sandbox.Id))
        {
            await EndAsync(sandbox with { Process = null });
            await Files.DeleteAsync(sandbox.Id);
        }

        Machine.ControlGroups.RemoveGroupIfEmpty();
        LogKilled(sandbox.Id);
    }

    public Task PauseAsync(SandboxHandle sandbox, CancellationToken cancellationToken) =>
        Machine.ControlGroups.FreezeAsync(sandbox.Id, cancellationToken);

    public Task ResumeAsync(SandboxHandle sandbox, CancellationToken cancellationToken) =>
        Machine.ControlGroups.ThawAsync(sandbox.Id, cancellationToken);

    /// <summary>Whether the sandbox's first process, and no later one with its number, still lives.</summary>
    public static bool IsAlive(SandboxHandle sandbox) => sandbox.Process?.IsAlive() is true;

    bool ISandboxRuntime.IsAlive(SandboxHandle sandbox) => IsAlive(sandbox);

    public bool IsPaused(SandboxHandle sandbox) => Machine.ControlGroups.IsFrozen(sandbox.Id);

    public bool HasFiles(string id) => Directory.Exists(Files.DirectoryOf(id));

    public SandboxUsage MeasureUsage(SandboxHandle sandbox)
    {
        var network = sandbox.Process is { } process ? NetworkCounters.Read(process.ProcessId) : null;
        return new SandboxUsage(
            Machine.ControlGroups.CpuTime(sandbox.Id),
            Machine.ControlGroups.MemoryInUse(sandbox.Id),
            Machine.ControlGroups.ProcessCount(sandbox.Id),
            SandboxFiles.DiskImageBytes(sandbox),
            network?.Received,
            network?.Sent);
    }

    public void TrimLog(SandboxHandle sandbox) => SandboxFiles.TrimLog(sandbox);

    public HttpMessageHandler CreateTransport(SandboxHandle sandbox) => new SocketsHttpHandler
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        EnableMultipleHttp2Connections = false,
        ConnectCallback = async (_, cancellationToken) => await AgentConnector.ConnectAsync(sandbox.RunDirectory, cancellationToken),
    };

    public Task<SandboxDiskUsage> MeasureDiskAsync(SandboxHandle sandbox, CancellationToken cancellationToken)
    {
        SandboxFiles.TrimLog(sandbox);
        return SandboxDiskUsage.MeasureAsync(sandbox.Directory, Machine, cancellationToken);
    }

    public SandboxRemains FindRemains() => new(
        Files.FindDirectories(), Files.FindStates(), Machine.ControlGroups.FindIds().ToHashSet(), SandboxProcesses.Find(Machine.Home));

    public SandboxHandle HandleOfRemains(string id) => new() { Id = id, Directory = Files.DirectoryOf(id) };

    public void Dispose() => _choosing.Dispose();

    /// <summary>Tries a runtime with a sandbox that has nothing in it, and so cannot even start its first program.</summary>
    internal async Task<string> TryRuntimeAsync(OciRuntime runtime, CancellationToken cancellationToken)
    {
        var id = $"trial-{Guid.NewGuid():N}";
        // Where a burial finds it, should this process not live to remove it.
        var template = Directory.CreateDirectory(Files.DirectoryOf($"{id}-root"));
        try
        {
            await using var undo = new UndoStack(logger);
            var start = new SandboxStart
            {
                Id = id,
                TemplateRoot = template.FullName,
                AgentPath = "/bin/sh",
                TokenPublicKey = "",
                Limits = new SandboxLimits(1, 256, 64),
            };
            await LaunchAsync(start, runtime, undo, cancellationToken);
            return "";
        }
        catch (HopxException failure)
        {
            // It came as far as the program, whose loader is not in an empty root: everything before works.
            // One that fails without a word does not work either.
            return IsMissingProgram(failure.Message) ? "" : failure.InnerException is { Message: { Length: > 0 } complaint } ? complaint : failure.Message;
        }
        finally
        {
            template.Delete(recursive: true);
        }
    }

    private static bool IsMissingProgram(string message) =>
        message.Contains("exec", StringComparison.OrdinalIgnoreCase) && message.Contains("no such file or directory", StringComparison.OrdinalIgnoreCase);

    private async Task<SandboxHandle> LaunchAsync(SandboxStart start, OciRuntime runtime, UndoStack undo, CancellationToken cancellationToken)
    {
        var directory = Files.DirectoryOf(start.Id);
        var plan = Machine.Plan(start.Limits, start.Id, directory, start.TemplateRoot, start.AgentPath, runtime.Path);
        var sandbox = new SandboxHandle { Id = start.Id, Directory = directory, Enforcement = plan.Enforcement };
        if (SandboxFiles.HasRunBefore(directory))
        {
            undo.Push(() => StopAsync(sandbox, CancellationToken.None));
        }
        else
        {
            undo.Push(() => KillAsync(sandbox, CancellationToken.None));
            Files.Create(start, plan);
        }

        SandboxFiles.Prepare(directory, _bundle.Create(start, plan));
        cancellationToken.ThrowIfCancellationRequested();

        // Never cut short: a runtime that is killed half way leaves a process that nobody owns. It takes a moment, then it is undone.
        var launched = await Launcher.LaunchAsync(start, plan, runtime);
        if (!launched.Succeeded || SandboxFiles.ReadProcess(directory) is not { } process)
        {
            var complaint = AgentConnector.ReadLogTail(sandbox) is { Length: > 0 } log ? log : launched.Complaint;
            throw new HopxException(
                HopxErrorCode.RuntimeNotAvailable,
                $"Sandbox '{start.Id}' did not start, {runtime.Name} ended with exit code {launched.ExitCode}: {complaint} 'hopx-mcp doctor' checks this machine.",
                new IOException(complaint));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return sandbox with { Process = process };
    }

    /// <summary>Kills every process of the sandbox, waits until they are gone, and removes its cgroups.</summary>
    private async Task EndAsync(SandboxHandle sandbox)
    {
        const int LookAgainEvery = 20;
        Machine.ControlGroups.ThawForKill(sandbox.Id);

        // Pid 1 takes all others of its namespace with it; where it is unknown, all are killed.
        HashSet<ProcessIdentity> processes = IsAlive(sandbox) ? [sandbox.Process!] : [.. FindProcesses(sandbox.Id)];
        var image = Path.Combine(Files.DirectoryOf(sandbox.Id), "disk.img");
        using var late = new CancellationTokenSource(DeathPatience);
        try
        {
            for (var look = 1; ; look++)
            {
                foreach (var process in processes.Where(process => process.IsAlive()))
                {
                    _ = Libc.Kill(process.ProcessId, Libc.SignalKill);
                }

                // The image must be let go of too: a new start checks and mounts it again.
                if (!processes.Any(process => process.IsAlive()) && Machine.ControlGroups.TryRemove(sandbox.Id) && !(File.Exists(image) && LoopDevices.Hold(image)))
                {
                    break;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(1), late.Token);
                if (look % LookAgainEvery == 0)
                {
                    // A launch that was under way may have made more of them since.
                    Machine.ControlGroups.ThawForKill(sandbox.Id);
                    processes.UnionWith(FindProcesses(sandbox.Id));
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new HopxException(
                HopxErrorCode.InternalError, $"Processes of sandbox '{sandbox.Id}' still live {DeathPatience.TotalSeconds:0} s after they were killed. It will be tried again.");
        }

        foreach (var process in processes)
        {
            Libc.ReapIfChild(process.ProcessId);
        }
    }

    /// <summary>By what their mounts, their arguments and their cgroup show.</summary>
    private IEnumerable<ProcessIdentity> FindProcesses(string id)
    {
        var byMounts = Directory.Exists(Machine.Home) && SandboxProcesses.Find(Machine.Home).TryGetValue(id, out var found) ? found : [];
        return byMounts.Concat(Machine.ControlGroups.ProcessesOf(id).Select(ProcessIdentity.Read).OfType<ProcessIdentity>());
    }

    private static void CheckInputs(SandboxStart start)
    {
        if (start.Id.Length is 0 or > 128 || start.Id.Any(character => !char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_')) || start.Id[0] == '-')
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'{start.Id}' cannot be a sandbox id: letters, digits, hyphens and underscores, at most 128.");
        }

        if (!Directory.Exists(start.TemplateRoot))
        {
            throw new HopxException(HopxErrorCode.TemplateNotFound, $"The root file system '{start.TemplateRoot}' of the template is not there. Run 'hopx-mcp setup' to build it.");
        }

        if (!File.Exists(start.AgentPath))
        {
            throw new HopxException(HopxErrorCode.MachineNotReady, $"The sandbox agent '{start.AgentPath}' is not there. Run 'hopx-mcp setup' to build it.");
        }
    }

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} runs in {Runtime} as process {ProcessId}; limits: {Enforcement}.")]
    private partial void LogStarted(string sandboxId, string runtime, int processId, LimitEnforcement enforcement);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} is gone.")]
    private partial void LogKilled(string sandboxId);
}
