using System.Runtime.InteropServices;

namespace Hopx.Mcp.CommandLine;

/// <summary>Ctrl-C and SIGTERM ask a command to end in good order; a second one ends the process at once.</summary>
internal sealed class TerminationSignals : IDisposable
{
    private const int SignalExitCodeBase = 128;

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public TerminationSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, signal: 2));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, signal: 15));
    }

    public CancellationToken Token => _source.Token;

    /// <summary>What a shell expects of a program that a signal ended; null while there was none.</summary>
    public int? ExitCode { get; private set; }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context, int signal)
    {
        if (ExitCode is null)
        {
            context.Cancel = true;
            ExitCode = SignalExitCodeBase + signal;
            _source.Cancel();
        }
    }
}
