using System.Collections.Concurrent;
using System.Globalization;
using Hopx.Client;
using Microsoft.AspNetCore.Http;

namespace Hopx.Testing;

/// <summary>
/// A HopX cloud in this process: both APIs over real HTTP on loopback ports, everything in memory.
/// What code and commands "do" is up to the test; any answer can be replaced by a planned one.
/// </summary>
public sealed class FakeHopxCloud : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, long> _apiKeys = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FakeSandbox> _sandboxes = new(StringComparer.Ordinal);
    private FakePlaneHost? _controlPlane;
    private int _lastId;
    private int _lastRequest;

    private FakeHopxCloud(TimeProvider time)
    {
        Time = time;
        Requests = new RequestLog(time);
        ApiKey = AddApiKey(organizationId: 1);
    }

    /// <summary>Base URL of the control plane.</summary>
    public Uri Url => _controlPlane!.Url;

    /// <summary>A valid key, of organization 1.</summary>
    public string ApiKey { get; }

    public TimeProvider Time { get; }

    public RequestLog Requests { get; }

    public AnswerPlan Answers { get; } = new();

    public IList<Template> Templates { get; } = [.. FakeTemplates.Default];

    /// <summary>How long new agent tokens are valid.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Largest page of a list.</summary>
    public int MaxPageSize { get; set; } = 100;

    /// <summary>Whether the agents know what hopx-mcp's own adds to the file routes; HopX's do not.</summary>
    public bool HasFileAdditions { get; set; }

    /// <summary>What running code does; at first it succeeds in silence.</summary>
    public Func<FakeSandbox, ExecuteRequest, CancellationToken, Task<ExecutionResult>> Execution { get; set; } =
        (_, request, _) => Task.FromResult(new ExecutionResult { Success = true, Outcome = RunOutcome.Completed, Language = request.Language ?? "python" });

    /// <summary>What running a command does; at first it succeeds in silence.</summary>
    public Func<FakeSandbox, CommandRequest, CancellationToken, Task<CommandResult>> Command { get; set; } =
        (_, request, _) => Task.FromResult(new CommandResult { Success = true, Outcome = RunOutcome.Completed, Command = request.Command });

    /// <summary>What <c>/desktop/act</c> does; without it there is no such route, as with services that have only the plain ones.</summary>
    public Func<ActRequest, ActResult>? Act { get; set; }

    /// <summary>Sandboxes that exist now, of all organizations, oldest first.</summary>
    public IReadOnlyList<FakeSandbox> Sandboxes
    {
        get
        {
            return [.. _sandboxes.Values.Where(sandbox => !HasExpired(sandbox)).OrderBy(sandbox => sandbox.Id, StringComparer.Ordinal)];
        }
    }

    public static async Task<FakeHopxCloud> StartAsync(TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var cloud = new FakeHopxCloud(time ?? TimeProvider.System);
        cloud._controlPlane = await FakePlaneHost.StartAsync(
            cloud, FakePlane.ControlPlane, sandboxId: null, cloud.Authenticate, app => FakeControlPlane.Map(app, cloud), cancellationToken);
        return cloud;
    }

    /// <summary>A client of this cloud with the valid key; the caller disposes it.</summary>
    public HopxClient CreateClient(Action<HopxClientOptions>? configure = null)
    {
        var options = new HopxClientOptions { BaseUrl = Url, ApiKey = ApiKey };
        configure?.Invoke(options);
        return new HopxClient(options, time: Time);
    }

    /// <summary>Makes another valid key; keys of one organization see the same sandboxes.</summary>
    public string AddApiKey(long organizationId)
    {
        var key = $"hopx_live_{organizationId:D12}.{Guid.NewGuid():N}";
        _apiKeys[key] = organizationId;
        return key;
    }

    public void RevokeApiKey(string key) => _apiKeys.TryRemove(key, out _);

    /// <summary>What running code does from now on.</summary>
    public void OnExecute(Func<ExecuteRequest, ExecutionResult> execution) => Execution = (_, request, _) => Task.FromResult(execution(request));

    /// <summary>What running a command does from now on.</summary>
    public void OnCommand(Func<CommandRequest, CommandResult> command) => Command = (_, request, _) => Task.FromResult(command(request));

    /// <summary>The sandbox, whoever owns it; null when there is none, or it has expired.</summary>
    public FakeSandbox? Find(string id) => _sandboxes.TryGetValue(id, out var sandbox) && !HasExpired(sandbox) ? sandbox : null;

    public async ValueTask DisposeAsync()
    {
        foreach (var sandbox in _sandboxes.Values)
        {
            await sandbox.DisposeAsync();
        }

        if (_controlPlane is not null)
        {
            await _controlPlane.DisposeAsync();
        }
    }

    internal string NextRequestId() => string.Create(CultureInfo.InvariantCulture, $"req_{Interlocked.Increment(ref _lastRequest)}");

    internal FakeSandbox Find(string id, long organizationId) =>
        Find(id) is { } sandbox && sandbox.OrganizationId == organizationId
            ? sandbox
            : throw new FakeErrorException(HopxErrorCode.ResourceNotFound, "Sandbox not found");

    internal async Task<FakeSandbox> CreateAsync(CreateSandboxRequest request, long organizationId, CancellationToken cancellationToken)
    {
        var wanted = request.TemplateId ?? request.TemplateName
            ?? throw new FakeErrorException(HopxErrorCode.InvalidRequest, "template_id or template_name is required");
        var template = Templates.FirstOrDefault(template => template.Id == wanted || template.Name == wanted)
            ?? throw new FakeErrorException(HopxErrorCode.ResourceNotFound, "Template not found");
        if (request.TimeoutSeconds is <= 0)
        {
            throw new FakeErrorException(HopxErrorCode.InvalidRequest, "timeout_seconds must be positive");
        }

        var id = string.Create(CultureInfo.InvariantCulture, $"1769{Interlocked.Increment(ref _lastId):D8}fake");
        var sandbox = new FakeSandbox(this, id, organizationId, template, request);
        await sandbox.StartAgentAsync(cancellationToken);
        return _sandboxes[id] = sandbox;
    }

    internal async Task DeleteAsync(FakeSandbox sandbox)
    {
        if (_sandboxes.TryRemove(sandbox.Id, out _))
        {
            await sandbox.DisposeAsync();
        }
    }

    internal long OrganizationOf(HttpContext http) => (long)http.Items[nameof(OrganizationOf)]!;

    private void Authenticate(HttpContext http)
    {
        if (http.Request.Path == "/health")
        {
            return;
        }

        var bearer = http.Request.Headers.Authorization.ToString();
        var key = http.Request.Headers["X-API-Key"].ToString() is { Length: > 0 } header ? header
            : bearer.StartsWith("Bearer ", StringComparison.Ordinal) ? bearer["Bearer ".Length..]
            : throw new FakeErrorException(HopxErrorCode.AuthenticationRequired, "An API key is required");
        http.Items[nameof(OrganizationOf)] = _apiKeys.TryGetValue(key, out var organization)
            ? organization
            : throw new FakeErrorException(HopxErrorCode.InvalidToken, "The API key is not valid");
    }

    private bool HasExpired(FakeSandbox sandbox) => sandbox.ExpiresAt <= Time.GetUtcNow();
}
