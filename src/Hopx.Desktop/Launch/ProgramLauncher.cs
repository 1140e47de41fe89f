using System.ComponentModel;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Starts programs on the desktop.</summary>
internal sealed class ProgramLauncher(DesktopSupervisor desktop, DesktopLog log)
{
    private const int DefaultWaitMs = 10_000;
    private const int MostWaitMs = 30_000;

    public async Task<LaunchResult> LaunchAsync(LaunchRequest? request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request?.Program) || request.Program.Contains('\0', StringComparison.Ordinal))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'program' is missing. Name a program, such as chromium.");
        }

        var wait = request.WaitMs ?? DefaultWaitMs;
        if (wait is < 0 or > MostWaitMs)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'wait_ms' is {wait}; it must be from 0 to {MostWaitMs}.");
        }

        var session = await desktop.GetAsync(cancellationToken);
        var before = session.Windows.Owners();
        var program = Start(request);
        var window = wait == 0 ? null : await session.Windows.NewWindowAsync(before, TimeSpan.FromMilliseconds(wait), cancellationToken);
        return new LaunchResult { Pid = program, Window = window };
    }

    private int Start(LaunchRequest request)
    {
        try
        {
            var program = DesktopProgram.Start(request.Program!, request.Arguments ?? [], desktop.ProgramEnvironment, log, request.Workdir);
            _ = ForgetAsync(program);
            return program.Id;
        }
        catch (Win32Exception failure)
        {
            throw new HopxException(
                HopxErrorCode.ResourceNotFound, $"'{request.Program}' cannot be started on the desktop: {failure.Message}. Name a program that is installed in the sandbox.", failure);
        }
    }

    private static async Task ForgetAsync(DesktopProgram program)
    {
        await program.Exited;
        program.Dispose();
    }
}
