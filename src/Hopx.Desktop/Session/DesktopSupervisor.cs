using System.Diagnostics;
using System.Globalization;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>Starts the X server, the window manager, the panel and the bus of the session, and starts again whichever of them ends.</summary>
internal sealed partial class DesktopSupervisor(
    IOptions<DesktopOptions> options, DesktopLog log, VncPassword password, TimeProvider time, ILogger<DesktopSupervisor> logger) : BackgroundService
{
    private static readonly TimeSpan ServerPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ManagerPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private DesktopSession? _session;
    private DesktopProgram? _server;
    private DesktopProgram? _bus;
    private bool _wasStarted;

    /// <summary>Environment of every program of the desktop.</summary>
    public IReadOnlyDictionary<string, string> ProgramEnvironment { get; } = MakeEnvironment(options.Value);

    /// <summary>The desktop as it stands; started, or started again, if need be.</summary>
    public async Task<DesktopSession> GetAsync(CancellationToken cancellationToken)
    {
        if (_session is { X.IsLost: false } session)
        {
            return session;
        }

        await _starting.WaitAsync(cancellationToken);
        try
        {
            return _session is { X.IsLost: false } made ? made : await StartDesktopAsync(cancellationToken);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Looks at the desktop; once more when its X server ends meanwhile, since looking changes nothing.</summary>
    public async Task<T> LookAsync<T>(Func<DesktopSession, Task<T>> look, CancellationToken cancellationToken)
    {
        var session = await GetAsync(cancellationToken);
        try
        {
            return await look(session);
        }
        catch (HopxException) when (session.X.IsLost)
        {
            return await look(await GetAsync(cancellationToken));
        }
    }

    public override void Dispose()
    {
        _session?.Dispose();
        _server?.Dispose();
        _bus?.Dispose();
        _starting.Dispose();
        base.Dispose();
    }

    /// <summary>Keeps the desktop alive between calls, for whoever looks at it.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            try
            {
                var session = await GetAsync(stoppingToken);
                await session.X.Lost.WaitAsync(stoppingToken);
            }
            catch (HopxException failure)
            {
                LogNotStarted(failure.Message);
            }

            if (time.GetElapsedTime(started) < ShortLife)
            {
                await Task.Delay(RestartPause, time, stoppingToken);
            }
        }
    }

    private async Task<DesktopSession> StartDesktopAsync(CancellationToken cancellationToken)
    {
        var history = _session?.Clipboard.History ?? [];
        _session?.Dispose();
        _session = null;
        _server?.Dispose();
        Directory.CreateDirectory(options.Value.Directory);
        StartBus();
        var connection = await StartServerAsync(cancellationToken);
        DesktopSession session;
        try
        {
            session = new DesktopSession(connection, time, history);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        _ = KeepRunningAsync("openbox", [], session, "The window manager had ended and was started again; windows may have moved.");
        _ = KeepRunningAsync("tint2", [], session, notice: null);
        if (!await session.X.Events.UntilAsync(() => session.X.ReadNumbers(session.X.Root, "_NET_SUPPORTING_WM_CHECK").Length > 0, ManagerPatience, time, cancellationToken))
        {
            log.AddNotice("The window manager has not started yet; windows may come without frames. See the desktop's log.");
        }

        if (_wasStarted)
        {
            log.AddNotice("The X server had ended and was started again; all windows are gone. Start the programs that you need anew.");
        }

        _wasStarted = true;
        return _session = session;
    }

    private async Task<XConnection> StartServerAsync(CancellationToken cancellationToken)
    {
        KillLeftover($"/tmp/.X{options.Value.Display}-lock");
        var file = await password.WriteFileAsync(cancellationToken);
        var vnc = Path.Combine(options.Value.Directory, "vnc.sock");
        File.Delete(vnc);
        // All viewers come through the relay, from one host as the server sees it: it would shut out several that connect at the same time.
        string[] arguments =
        [
            options.Value.DisplayName, "-UseBlacklist=0", "-geometry", string.Create(CultureInfo.InvariantCulture, $"{options.Value.Width}x{options.Value.Height}"), "-depth", "24",
            "-rfbport", "-1", "-rfbunixpath", vnc, "-rfbunixmode", "0600", "-SecurityTypes", "VncAuth", "-PasswordFile", file, "-AlwaysShared", "-desktop", "hopx",
            "-nolisten", "tcp", "-noreset", "-FrameRate", "30", "-AcceptSetDesktopSize=0", "-SendPrimary=0", "-SetPrimary=0",
        ];
        _server = DesktopProgram.Start("Xvnc", arguments, ProgramEnvironment, log);
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < ServerPatience && _server.IsRunning)
        {
            // There is nothing to wait on until it listens.
            if (XConnection.TryOpen(options.Value.DisplayName) is { } connection)
            {
                return connection;
            }

            await Task.WhenAny(_server.Exited, Task.Delay(ConnectPause, time, cancellationToken));
        }

        var lines = string.Join('\n', log.Lines().TakeLast(5));
        throw new HopxException(HopxErrorCode.Conflict, $"The X server {(_server.IsRunning ? "does not answer" : "ended at once")}. Its last lines:\n{lines}");
    }

    private void StartBus()
    {
        if (_bus is { IsRunning: true })
        {
            return;
        }

        _bus?.Dispose();
        var socket = Path.Combine(options.Value.Directory, "bus");
        KillLeftover(Path.Combine(options.Value.Directory, "bus.pid"));
        File.Delete(socket);
        try
        {
            _bus = DesktopProgram.Start("dbus-daemon", ["--session", "--nofork", "--nopidfile", $"--address=unix:path={socket}"], ProgramEnvironment, log);
            File.WriteAllText(Path.Combine(options.Value.Directory, "bus.pid"), _bus.Id.ToString(CultureInfo.InvariantCulture));
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            // Programs run without it; only assistive technology is lost.
            log.Add("desktop", $"dbus-daemon cannot be started: {missing.Message}");
        }
    }

    private async Task KeepRunningAsync(string program, string[] arguments, DesktopSession session, string? notice)
    {
        while (!session.X.IsLost)
        {
            var started = time.GetTimestamp();
            try
            {
                using var running = DesktopProgram.Start(program, arguments, ProgramEnvironment, log);
                await Task.WhenAny(running.Exited, session.X.Lost);
            }
            catch (System.ComponentModel.Win32Exception missing)
            {
                log.Add("desktop", $"{program} cannot be started: {missing.Message}");
                return;
            }

            if (session.X.IsLost)
            {
                return;
            }

            if (notice is not null)
            {
                log.AddNotice(notice);
            }

            if (time.GetElapsedTime(started) < ShortLife)
            {
                await Task.Delay(RestartPause, time);
            }
        }
    }

    /// <summary>Ends what an earlier life of this program left running.</summary>
    private static void KillLeftover(string note)
    {
        if (!File.Exists(note))
        {
            return;
        }

        try
        {
            if (int.TryParse(File.ReadAllText(note).AsSpan().Trim(), out var id) && ProcessList.NameOf(id) is "Xvnc" or "Xtigervnc" or "dbus-daemon")
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit(TimeSpan.FromSeconds(5));
            }

            File.Delete(note);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            // It ended by itself, or is not ours to end; the server's own complaint will say so.
        }
    }

    private static Dictionary<string, string> MakeEnvironment(DesktopOptions options)
    {
        var environment = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (!((string)variable.Key).StartsWith("HOPX_", StringComparison.Ordinal))
            {
                environment[(string)variable.Key] = (string)variable.Value!;
            }
        }

        environment["DISPLAY"] = options.DisplayName;
        environment["XDG_RUNTIME_DIR"] = options.Directory;
        environment["DBUS_SESSION_BUS_ADDRESS"] = $"unix:path={Path.Combine(options.Directory, "bus")}";
        environment["LANG"] = environment.GetValueOrDefault("LANG", "C.UTF-8");
        // No input method stands between the keys and the program.
        environment["GTK_IM_MODULE"] = "gtk-im-context-simple";
        environment["XMODIFIERS"] = "@im=none";
        environment["QT_IM_MODULE"] = "simple";
        environment["NO_AT_BRIDGE"] = "0";
        environment["ACCESSIBILITY_ENABLED"] = "1";
        environment["XDG_CURRENT_DESKTOP"] = "hopx";
        return environment;
    }

    [LoggerMessage(LogLevel.Error, "The desktop cannot be started: {Reason}")]
    private partial void LogNotStarted(string reason);
}
