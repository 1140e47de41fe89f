using Hopx.Client;

namespace Hopx.Agent;

/// <summary>The sandbox's Python kernels, by name. They end with the agent.</summary>
internal sealed class PythonKernels(KernelParts parts) : IHostedService, IDisposable
{
    public const string Default = "default";

    private const int MaxNameLength = 64;

    // Whatever takes longer than this is of no use to the first caller.
    private static readonly TimeSpan ImportPatience = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PythonKernel> _kernels = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>Has code run in the kernel that it names, which is made when it is missing.</summary>
    public IRun Run(ExecuteRequest request, RunPlace place, RunObserver observer) => Find(request.Kernel).Run(
        new KernelRequest
        {
            Code = request.Code!,
            Directory = place.Directory == parts.Directories.Default ? null : place.Directory,
            Variables = request.Env?.Where(variable => variable.Value is not null).ToDictionary() ?? [],
            Timeout = place.Timeout,
            RichOutputLimitBytes = parts.Execution.Value.RichOutputLimitBytes,
        },
        observer);

    public KernelSessions List()
    {
        lock (_gate)
        {
            return new KernelSessions
            {
                Sessions = [.. _kernels.Values.Where(kernel => kernel.IsThere).OrderBy(kernel => kernel.Name, StringComparer.Ordinal).Select(kernel => new KernelSession
                {
                    KernelId = kernel.Name,
                    Name = kernel.Name,
                    Language = "python",
                    ExecutionState = kernel.IsBusy ? "busy" : "idle",
                    Connections = 0,
                    LastActivity = kernel.LastActivity,
                    Pid = kernel.ProcessId,
                })],
                Timestamp = parts.Time.GetUtcNow(),
            };
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (parts.Execution.Value.WarmPython)
        {
            _ = Task.Run(Prepare, cancellationToken);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        PythonKernel[] all;
        lock (_gate)
        {
            all = [.. _kernels.Values];
            _kernels.Clear();
            _isDisposed = true;
        }

        foreach (var kernel in all)
        {
            kernel.Dispose();
        }

        parts.Python.Dispose();
    }

    /// <summary>Imports come first, so that the kernel has them too.</summary>
    private void Prepare()
    {
        try
        {
            parts.Python.WarmUp();
            parts.Python.WaitForImports(ImportPatience);
            Find(Default).Prepare();
        }
        catch (ObjectDisposedException)
        {
            // The sandbox ends already.
        }
    }

    private PythonKernel Find(string? name)
    {
        name = string.IsNullOrEmpty(name) ? Default : name;
        if (name.Length > MaxNameLength || !name.All(symbol => char.IsLetterOrDigit(symbol) || symbol is '-' or '_' or '.'))
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"'{(name.Length > MaxNameLength ? name[..MaxNameLength] + "…" : name)}' cannot be the name of a kernel: use at most {MaxNameLength} letters, digits, '-', '_' and '.'.");
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_kernels.TryGetValue(name, out var kernel))
            {
                return kernel;
            }

            MakeRoom(name);
            kernel = new PythonKernel(name, parts);
            _kernels.Add(name, kernel);
            return kernel;
        }
    }

    private void MakeRoom(string name)
    {
        if (_kernels.Count < parts.Execution.Value.MaxKernels)
        {
            return;
        }

        // One whose process has ended holds nothing that could be lost.
        if (_kernels.Values.FirstOrDefault(kernel => !kernel.IsInUse) is { } unused)
        {
            _kernels.Remove(unused.Name);
            unused.Dispose();
            return;
        }

        throw new HopxException(
            HopxErrorCode.ResourceLimitError,
            $"There are {_kernels.Count} Python kernels in this sandbox, and '{name}' would be one more than may be. Use one of {string.Join(", ", _kernels.Keys.Order(StringComparer.Ordinal))}, end one with exit code 0 by os._exit(0) in it, or ask for a clean interpreter.");
    }
}
