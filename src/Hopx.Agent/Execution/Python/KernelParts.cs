using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>What every kernel needs.</summary>
internal sealed record KernelParts(
    PythonProcesses Python,
    SandboxEnvironment Environment,
    WorkingDirectory Directories,
    ActiveRuns Active,
    OutputMemory Memory,
    OutputReader Reader,
    SandboxLimits Limits,
    IOptions<ProcessOptions> Processes,
    IOptions<ExecutionOptions> Execution,
    TimeProvider Time,
    ILogger<PythonKernel> Logger);
