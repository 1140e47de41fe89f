using Hopx.Client;
using Microsoft.Agents.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hopx.SemanticKernel;

/// <summary>
/// The sandbox of those calls that name none: made at the first of them, deleted when this is disposed.
/// In a run of Agent Framework each <see cref="AgentSession"/> has its own, kept in the session's state, so that a session
/// that is stored and taken up again finds it; that one is deleted by <see cref="DeleteSandboxOfAsync"/>, or when its lifetime ends.
/// </summary>
public sealed partial class HopxSandboxSession(HopxClient client, HopxFunctionOptions? options = null, ILogger<HopxSandboxSession>? logger = null) : IAsyncDisposable
{
    /// <summary>Key of the sandbox's identifier in the state of an <see cref="AgentSession"/>.</summary>
    public const string StateKey = "hopx.sandboxId";

    private readonly HopxFunctionOptions _options = options ?? new HopxFunctionOptions();
    private readonly ILogger _logger = logger ?? NullLogger<HopxSandboxSession>.Instance;
    private readonly SemaphoreSlim _making = new(1);
    private string? _own;
    private bool _disposed;

    /// <summary>Identifier of the sandbox that was made for calls outside of Agent Framework; null when there is none.</summary>
    public string? SandboxId => _own;

    /// <summary>Deletes the sandbox of a session of Agent Framework, if it has one.</summary>
    public async Task DeleteSandboxOfAsync(AgentSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.StateBag.TryGetValue<string>(StateKey, out var id) && id is not null)
        {
            await DeleteAsync(id, cancellationToken).ConfigureAwait(false);
            session.StateBag.TryRemoveValue(StateKey);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A call may be making the sandbox right now: it is waited for, so that the sandbox does not stay.
        await _making.WaitAsync().ConfigureAwait(false);
        try
        {
            _disposed = true;
            if (_own is { } id)
            {
                _own = null;
                await DeleteAsync(id, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (HopxException failure)
        {
            // Whoever disposes is often on the way out with an error of their own; the lifetime ends the sandbox all the same.
            LogNotDeleted(failure, _options.SandboxLifetime);
        }
        finally
        {
            _making.Release();
        }
    }

    internal async ValueTask<SandboxChoice> ChooseAsync(string? sandboxId, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrWhiteSpace(sandboxId))
        {
            return new SandboxChoice(sandboxId.Trim(), IsNew: false, IsOwn: false);
        }

        var state = AIAgent.CurrentRunContext?.Session?.StateBag;
        await _making.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (Recall(state) is { } known)
            {
                return new SandboxChoice(known, IsNew: false, IsOwn: true);
            }

            var sandbox = await client.Sandboxes.CreateAsync(
                new CreateSandboxRequest
                {
                    TemplateName = _options.Template,
                    TimeoutSeconds = (long)_options.SandboxLifetime.TotalSeconds,
                    InternetAccess = _options.InternetAccess,
                    EnvVars = _options.Environment,
                },
                cancellationToken).ConfigureAwait(false);
            Remember(state, sandbox.Id);
            return new SandboxChoice(sandbox.Id, IsNew: true, IsOwn: true);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Takes note that a sandbox is gone, so that the next call makes another one.</summary>
    internal async Task ForgetAsync(string sandboxId)
    {
        var state = AIAgent.CurrentRunContext?.Session?.StateBag;
        await _making.WaitAsync().ConfigureAwait(false);
        try
        {
            // Unless another call was faster.
            if (Recall(state) == sandboxId)
            {
                Remember(state, id: null);
            }
        }
        finally
        {
            _making.Release();
        }
    }

    private string? Recall(AgentSessionStateBag? state) =>
        state is null ? _own : state.TryGetValue<string>(StateKey, out var id) ? id : null;

    private void Remember(AgentSessionStateBag? state, string? id)
    {
        if (state is null)
        {
            _own = id;
        }
        else if (id is null)
        {
            state.TryRemoveValue(StateKey);
        }
        else
        {
            state.SetValue(StateKey, id);
        }
    }

    private async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await client.Sandboxes.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (HopxException gone) when (gone.MeansSandboxGone)
        {
            // As wanted.
        }
    }

    [LoggerMessage(LogLevel.Warning, "A sandbox could not be deleted; it ends by itself within {Lifetime}.")]
    private partial void LogNotDeleted(Exception failure, TimeSpan lifetime);
}
