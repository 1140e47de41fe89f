using Hopx.Client;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.State;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Operations;

/// <summary>What a server must have to take requests: that it does not end, a state file that takes changes, and an OCI runtime that works.</summary>
internal sealed partial class Readiness(IHostApplicationLifetime lifetime, StateDatabase database, SandboxRuntime runtime, ILogger<Readiness> logger)
{
    private const int WriteSeconds = 2;

    public async Task<ServiceReadiness> CheckAsync(CancellationToken cancellationToken)
    {
        var checks = new Dictionary<string, string>
        {
            ["server"] = lifetime.ApplicationStopping.IsCancellationRequested ? "stopping" : "ok",
            ["state"] = Try("state", TakeTheStateFile),
            ["runtime"] = await TryAsync("runtime", () => runtime.ChooseRuntimeAsync(cancellationToken)),
        };
        return new ServiceReadiness(checks.Values.All(check => check is "ok") ? "ready" : "not_ready", checks);
    }

    // Nothing is written, but a file that could not be is refused here too.
    private void TakeTheStateFile()
    {
        using var connection = database.Open();
        connection.DefaultTimeout = WriteSeconds;
        connection.Execute("BEGIN IMMEDIATE");
        connection.Execute("ROLLBACK");
    }

    private string Try(string what, Action check)
    {
        try
        {
            check();
            return "ok";
        }
        catch (SqliteException failure)
        {
            LogNotReady(what, failure);
            return "failed";
        }
    }

    private async Task<string> TryAsync(string what, Func<Task> check)
    {
        try
        {
            await check();
            return "ok";
        }
        catch (HopxException failure)
        {
            LogNotReady(what, failure);
            return "failed";
        }
    }

    [LoggerMessage(LogLevel.Warning, "The server is not ready: {Check} failed.")]
    private partial void LogNotReady(string check, Exception exception);
}
