using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Conversations;

/// <summary>
/// Creates sandboxes and outlasts the calls that ask for them: building a template takes minutes, a client waits for one. What is ready goes to the next
/// call of the same caller with the same wishes; what nobody comes back for is deleted.
/// </summary>
internal sealed partial class SandboxPreparations(
    CallerClients callers, IOptions<HopxMcpOptions> options, TimeProvider time, ILogger<SandboxPreparations> logger) : IAsyncDisposable
{
    private static readonly TimeSpan LastCleanUp = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<SandboxPreparation> _preparations = [];
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>How many go on without a call that waits for them.</summary>
    internal int Waiting => Count(preparation => !preparation.IsAwaited);

    /// <summary>How many of those are ready.</summary>
    internal int Ready => Count(preparation => !preparation.IsAwaited && preparation.Creation.IsCompleted);

    /// <summary>A new sandbox, or null when it is not ready in time; then the same call later gets it.</summary>
    /// <param name="caller">Whose sandbox it becomes.</param>
    /// <param name="conversation">Key of the conversation, if there is one.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="patience">How long this call can wait.</param>
    /// <param name="cancellationToken">The call's.</param>
    public async Task<Sandbox?> CreateAsync(
        Caller caller, string? conversation, CreateSandboxRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var preparation = PickUpOrBegin(caller, conversation, request);
        try
        {
            var sandbox = await preparation.Creation.WaitAsync(patience, time, cancellationToken);
            Remove(preparation);
            return sandbox;
        }
        catch (Exception leaving) when (!preparation.Creation.IsCompleted && leaving is TimeoutException or OperationCanceledException)
        {
            PutDown(preparation);
            if (leaving is TimeoutException)
            {
                return null;
            }

            throw;
        }
        catch (Exception) when (preparation.Creation.IsCompletedSuccessfully)
        {
            // Ready in the moment in which the caller left.
            PutDown(preparation);
            throw;
        }
        catch
        {
            Remove(preparation);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        SandboxPreparation[] left;
        lock (_lock)
        {
            left = [.. _preparations];
        }

        await _stopping.CancelAsync();
        using var cleanUp = new CancellationTokenSource(LastCleanUp, time);
        await Task.WhenAll(left.Select(preparation => DeleteAsync(preparation, cleanUp.Token)));
        _stopping.Dispose();
    }

    private int Count(Func<SandboxPreparation, bool> condition)
    {
        lock (_lock)
        {
            return _preparations.Count(condition);
        }
    }

    private SandboxPreparation PickUpOrBegin(Caller caller, string? conversation, CreateSandboxRequest request)
    {
        var key = KeyOf(caller.Principal, conversation, request);
        lock (_lock)
        {
            if (_preparations.Find(p => !p.IsAwaited && p.Key == key) is { } waiting)
            {
                waiting.IsAwaited = true;
                waiting.Round++;
                return waiting;
            }

            if (_preparations.Count >= options.Value.MaxSandboxesInPreparation)
            {
                throw new HopxException(
                    HopxErrorCode.ResourceLimitError, $"{_preparations.Count} sandboxes are being prepared already, which is the limit. Wait for one of them.");
            }

            var hold = callers.Share(caller);
            var begun = new SandboxPreparation(key, hold, hold.Client.Sandboxes.CreateAsync(request, _stopping.Token));
            _preparations.Add(begun);
            return begun;
        }
    }

    private void PutDown(SandboxPreparation preparation)
    {
        lock (_lock)
        {
            preparation.IsAwaited = false;
        }

        _ = DeleteLaterAsync(preparation, preparation.Round);
    }

    private async Task DeleteLaterAsync(SandboxPreparation preparation, int round)
    {
        try
        {
            await ((Task)preparation.Creation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(options.Value.PreparedSandboxPatience, time, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The end of the server deletes it, too.
            return;
        }

        lock (_lock)
        {
            if (preparation.IsAwaited || preparation.Round != round || !_preparations.Remove(preparation))
            {
                return;
            }
        }

        await DeleteAsync(preparation, _stopping.Token);
    }

    private async Task DeleteAsync(SandboxPreparation preparation, CancellationToken cancellationToken)
    {
        try
        {
            var sandbox = await preparation.Creation.WaitAsync(cancellationToken);
            LogAbandoned(sandbox.Id);
            await preparation.Caller.Client.Sandboxes.DeleteAsync(sandbox.Id, cancellationToken);
        }
        catch (Exception failure) when (failure is HopxException or OperationCanceledException or ObjectDisposedException)
        {
            LogNotDeleted(failure.Message);
        }
        finally
        {
            preparation.Caller.Dispose();
        }
    }

    private void Remove(SandboxPreparation preparation)
    {
        lock (_lock)
        {
            if (!_preparations.Remove(preparation))
            {
                return;
            }
        }

        preparation.Caller.Dispose();
    }

    private static string KeyOf(string principal, string? conversation, CreateSandboxRequest request) =>
        string.Join('\0', [
            principal, conversation ?? "", request.TemplateName, $"{request.TimeoutSeconds}",
            .. (request.EnvVars ?? new Dictionary<string, string>()).OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}")]);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} was prepared but nobody came back for it; it is deleted.")]
    private partial void LogAbandoned(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "A sandbox in preparation could not be deleted: {Reason}")]
    private partial void LogNotDeleted(string reason);
}
