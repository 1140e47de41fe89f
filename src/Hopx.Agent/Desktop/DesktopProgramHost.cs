using System.Net.Sockets;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Starts the program that serves the desktop on the first call, as the desktop's user, and again when it has ended.</summary>
internal sealed partial class DesktopProgramHost(
    IOptions<DesktopProgramOptions> options, ChildReaper reaper, ChildRestraint restraint, SandboxEnvironment environment, TimeProvider time, ILogger<DesktopProgramHost> logger)
    : BackgroundService
{
    private const string ChangeUser = "setpriv";

    // The directory and that of X's sockets lie where templates keep nothing. An old socket must not be taken for the new one.
    private const string StartScript = """
        set -e
        install -d -o "$1" -g "$1" -m 0755 "$2"
        install -d -m 1777 /tmp/.X11-unix /tmp/.ICE-unix
        rm -f "$3"
        exec setpriv --reuid "$1" --regid "$1" --init-groups --inh-caps=-all -- "$4" 2> "$2/desktop.log"
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private ChildProcess? _program;
    private bool _isReady;

    /// <summary>What a desktop needs and this template lacks; empty where there is a desktop.</summary>
    public IReadOnlyList<string> FindMissing()
    {
        List<string> missing = [];
        if (!File.Exists(options.Value.Program))
        {
            missing.Add("hopx-desktop");
        }

        var variables = environment.GetAll();
        foreach (var (program, package) in new[] { ("Xvnc", "tigervnc-standalone-server"), ("vncpasswd", "tigervnc-tools"), ("openbox", "openbox"), (ChangeUser, "util-linux") })
        {
            if (ExecutableSearch.Find(program, variables, "/") is null)
            {
                missing.Add(package);
            }
        }

        return missing;
    }

    /// <summary>A connection to the program, which runs then.</summary>
    public async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_isReady && _program is { Exited.IsCompleted: false } && await TryConnectAsync(cancellationToken) is { } quick)
        {
            return quick;
        }

        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_program is not { Exited.IsCompleted: false })
            {
                _isReady = false;
                _program = Start();
            }

            var connection = await WaitUntilItListensAsync(_program, cancellationToken);
            _isReady = true;
            return connection;
        }
        finally
        {
            _starting.Release();
        }
    }

    public override void Dispose()
    {
        _starting.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.StartAtOnce && FindMissing().Count == 0)
        {
            try
            {
                (await ConnectAsync(stoppingToken)).Dispose();
            }
            catch (HopxException failure)
            {
                LogNotStarted(failure.Message);
            }
        }
    }

    private ChildProcess Start()
    {
        if (FindMissing() is { Count: > 0 } missing)
        {
            throw new HopxException(
                HopxErrorCode.DesktopNotAvailable,
                $"This sandbox's template has no desktop: {string.Join(", ", missing)} {(missing.Count == 1 ? "is" : "are")} missing. Create a sandbox from the template 'desktop'.")
            {
                MissingDependencies = missing,
            };
        }

        var variables = environment.GetAll();
        variables["HOME"] = options.Value.Home;
        variables["USER"] = options.Value.User;
        variables["LOGNAME"] = options.Value.User;
        variables["HOPX_DESKTOP_DIRECTORY"] = options.Value.Directory;
        using var output = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        return restraint.Start(reaper, new ProcessSpec
        {
            Executable = ExecutableSearch.Find("sh", variables, "/") ?? "/bin/sh",
            Arguments = ["sh", "-c", StartScript, "sh", options.Value.User, options.Value.Directory, options.Value.Socket, options.Value.Program],
            Environment = variables,
            WorkingDirectory = "/",
            Stdout = output,
            Stderr = output,
        });
    }

    private async Task<Socket> WaitUntilItListensAsync(ChildProcess program, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < Patience && !program.Exited.IsCompleted)
        {
            // There is nothing to wait on until it listens.
            if (await TryConnectAsync(cancellationToken) is { } connection)
            {
                return connection;
            }

            await Task.WhenAny(program.Exited, Task.Delay(ConnectPause, time, cancellationToken));
        }

        program.SignalGroup(Libc.SigKill);
        throw new HopxException(
            HopxErrorCode.Conflict,
            $"The desktop did not start{(program.Exited.IsCompleted ? "" : $" within {Patience.TotalSeconds:0} s")}; its log is {options.Value.Directory}/desktop.log in the sandbox. Try again.");
    }

    private async Task<Socket?> TryConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(options.Value.Socket), cancellationToken);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The desktop was to start with the sandbox and did not: {Reason}")]
    private partial void LogNotStarted(string reason);
}
