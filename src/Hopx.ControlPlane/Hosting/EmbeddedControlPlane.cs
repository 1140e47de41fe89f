using System.Net.Sockets;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.WarmPool;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Hosting;

/// <summary>
/// The control plane of a home directory, wherever it runs: in another hopx-mcp of this user, or, when there is none, in this process.
/// Nothing happens before the first connection, so a server that is only asked for its tools starts at once.
/// </summary>
/// <param name="logging">How the control plane logs; a program that speaks on stdout must keep that free.</param>
/// <param name="time">Clock for lifetimes; the system's by default.</param>
public sealed class EmbeddedControlPlane(ControlPlaneOptions options, Action<ILoggingBuilder> logging, TimeProvider? time = null) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(20);

    private readonly HomeDirectory _home = new(options.Home);
    private readonly SemaphoreSlim _starting = new(1, 1);
    private HomeLock? _lock;
    private WebApplication? _app;

    /// <summary>A transport for <see cref="HopxClient"/>; any number of clients may have one each.</summary>
    public HttpMessageHandler CreateTransport() => new SocketsHttpHandler
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectCallback = async (_, cancellationToken) => await ConnectAsync(cancellationToken),
    };

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _lock?.Dispose();
        _starting.Dispose();
    }

    /// <summary>One round of burials now, where this process is the one that buries.</summary>
    internal Task ReapAsync() => Get<SandboxReaper>().ReapAsync();

    /// <summary>Makes now what is missing of the sandboxes that stand ready.</summary>
    internal Task RefillAsync() => Get<WarmSandboxPool>().RefillAsync(CancellationToken.None);

    internal (ApiKey Key, string Text) CreateKey(string name, long organizationId, ApiKeyScope scope = ApiKeyScope.Full) =>
        Get<ApiKeyStore>().Create(name, organizationId, scope);

    /// <summary>Whether the control plane runs in this process, and not in another or not yet.</summary>
    internal bool IsRunning => _app is not null;

    /// <summary>A service of the control plane in this process.</summary>
    internal T Get<T>()
        where T : notnull =>
        (_app ?? throw new InvalidOperationException("The control plane does not run in this process.")).Services.GetRequiredService<T>();

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await TryConnectAsync(cancellationToken) is { } stream)
            {
                return stream;
            }

            await StartUnlessOwnedAsync(cancellationToken);
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new HopxException(
                    HopxErrorCode.Unreachable,
                    $"Another hopx-mcp holds '{_home.Path}' but does not answer on '{_home.ControlSocket}'. End it, or set HOPX_HOME to another directory.");
            }

            await Task.Delay(RetryInterval, cancellationToken);
        }
    }

    private async Task<Stream?> TryConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_home.ControlSocket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
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

    // The lock decides who hosts; a process that lost the race connects to the winner in its next round.
    private async Task StartUnlessOwnedAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_app is not null)
            {
                return;
            }

            _home.Prepare();
            if (HomeLock.TryAcquire(_home.Path) is not { } homeLock)
            {
                return;
            }

            try
            {
                _app = await StartAsync(cancellationToken);
                _lock = homeLock;
            }
            catch
            {
                homeLock.Dispose();
                throw;
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task<WebApplication> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        // It lives and ends with the program that embeds it, which says itself what it does.
        builder.Services.Configure<ConsoleLifetimeOptions>(static lifetime => lifetime.SuppressStatusMessages = true);
        builder.Logging.ClearProviders();
        logging(builder.Logging);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddControlPlane(options);
        var app = builder.Build();
        try
        {
            app.MapControlPlane();
            await app.Services.GetRequiredService<SandboxAdoption>().RunAsync(cancellationToken);
            await app.StartAsync(cancellationToken);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }
}
