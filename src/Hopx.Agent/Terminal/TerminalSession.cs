namespace Hopx.Agent;

/// <summary>A shell in a terminal of its own, which at most one client looks at.</summary>
internal sealed class TerminalSession : IDisposable
{
    private const int BufferBytes = 16 * 1024;

    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly PseudoTerminal _terminal;
    private readonly ChildProcess _shell;
    private readonly ActiveRun _run;
    private readonly TerminalHistory _history;
    private readonly TimeProvider _time;
    private readonly Task _pumping;
    private TerminalViewer? _viewer;
    private CancellationTokenSource? _forgetting;
    private long _lastRead;
    private volatile bool _isDelivering;

    public TerminalSession(string id, PseudoTerminal terminal, ChildProcess shell, ActiveRun run, TimeSpan keep, int historyBytes, TimeProvider time)
    {
        Id = id;
        Keep = keep;
        _terminal = terminal;
        _shell = shell;
        _run = run;
        _history = new TerminalHistory(keep > TimeSpan.Zero ? historyBytes : 0);
        _time = time;
        _lastRead = time.GetTimestamp();
        _pumping = PumpAsync();
        Exited = ExitAsync();
    }

    public string Id { get; }

    /// <summary>How long it goes on without a client.</summary>
    public TimeSpan Keep { get; }

    /// <summary>What the shell returned, once all that it wrote is on its way.</summary>
    public Task<int> Exited { get; }

    public ActiveRun Run => _run;

    /// <summary>Shows it to a client, from what it showed lately on; another client that looked at it is turned away.</summary>
    public void Attach(TerminalViewer viewer)
    {
        TerminalViewer? before;
        lock (_gate)
        {
            (before, _viewer) = (_viewer, viewer);
            _forgetting?.Cancel();
            _forgetting = null;
            // Taken in at once, since nothing is pending yet; so it comes before what the shell writes now.
            _ = viewer.WriteAsync(_history.ToBytes());
        }

        before?.Replace();
    }

    /// <summary>The client has left.</summary>
    /// <param name="viewer">Which one.</param>
    /// <param name="end">Is called when nobody has come instead in time.</param>
    public void Detach(TerminalViewer viewer, Action end)
    {
        CancellationToken isNeeded;
        lock (_gate)
        {
            if (_viewer != viewer)
            {
                return;
            }

            _viewer = null;
            _forgetting = new CancellationTokenSource();
            isNeeded = _forgetting.Token;
        }

        if (Keep == TimeSpan.Zero)
        {
            end();
        }
        else
        {
            _ = EndLaterAsync(end, isNeeded);
        }
    }

    /// <summary>Types.</summary>
    /// <returns>False when nobody is there to read it.</returns>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _terminal.WriteAsync(bytes, cancellationToken);

    public void Resize(int cols, int rows) => _terminal.Resize(cols, rows);

    /// <summary>Ends the shell with all that came from it.</summary>
    public void Kill()
    {
        _run.Family.Kill();
        _terminal.Dispose();
    }

    public void Dispose() => _terminal.Dispose();

    private async Task EndLaterAsync(Action end, CancellationToken isNeeded)
    {
        try
        {
            await Task.Delay(Keep, _time, isNeeded);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        end();
    }

    private async Task PumpAsync()
    {
        var buffer = new byte[BufferBytes];
        while (await _terminal.ReadAsync(buffer) is var read and > 0)
        {
            TerminalViewer? viewer;
            lock (_gate)
            {
                _history.Append(buffer.AsSpan(0, read));
                viewer = _viewer;
            }

            if (viewer is not null)
            {
                // Nothing more is read meanwhile, so a client that does not read stops the shell, not the agent's memory.
                _isDelivering = true;
                await viewer.WriteAsync(buffer.AsMemory(0, read));
                _isDelivering = false;
            }

            Interlocked.Exchange(ref _lastRead, _time.GetTimestamp());
        }
    }

    private async Task<int> ExitAsync()
    {
        var exit = await _shell.Exited;
        var ended = _time.GetTimestamp();
        // A process in the background may hold the terminal open for days.
        while (!_pumping.IsCompleted)
        {
            try
            {
                await _pumping.WaitAsync(QuietTime, _time);
            }
            catch (TimeoutException)
            {
                if (!_isDelivering && (_time.GetElapsedTime(Interlocked.Read(ref _lastRead)) > QuietTime || _time.GetElapsedTime(ended) > OutputGrace))
                {
                    break;
                }
            }
        }

        return exit.Code;
    }
}
