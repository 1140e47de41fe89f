using System.Collections.Concurrent;
using System.Globalization;
using Hopx.Client;
using Microsoft.AspNetCore.Http;

namespace Hopx.Testing;

/// <summary>A sandbox of the fake cloud, with its agent on a port of its own.</summary>
public sealed class FakeSandbox : IAsyncDisposable
{
    private readonly FakeHopxCloud _cloud;
    private readonly Template _template;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _createdAt;
    private FakePlaneHost? _agent;
    private long? _timeoutSeconds;
    private int _lastToken;

    internal FakeSandbox(FakeHopxCloud cloud, string id, long organizationId, Template template, CreateSandboxRequest request)
    {
        _cloud = cloud;
        _template = template;
        _createdAt = cloud.Time.GetUtcNow();
        Id = id;
        OrganizationId = organizationId;
        Request = request;
        Files = new FakeFiles(cloud.Time);
        Environment = new FakeEnvironment(request.EnvVars);
        if (request.TimeoutSeconds is { } seconds)
        {
            SetTimeout(seconds);
        }
    }

    public string Id { get; }

    public long OrganizationId { get; }

    /// <summary>What the sandbox was made with.</summary>
    public CreateSandboxRequest Request { get; }

    public SandboxStatus Status { get; set; } = SandboxStatus.Running;

    public DateTimeOffset? ExpiresAt { get; private set; }

    public FakeFiles Files { get; }

    public ConcurrentDictionary<string, FakeJob> Jobs { get; } = new(StringComparer.Ordinal);

    public FakeEnvironment Environment { get; }

    /// <summary>Where the agent listens now.</summary>
    public Uri AgentUrl => _agent!.Url;

    /// <summary>Makes every token issued so far invalid; the real service never does that, an operator who changes its key does.</summary>
    public void RevokeTokens() => _tokens.Clear();

    /// <summary>Lets the agent go on at another port: whoever still uses the old one finds nobody there.</summary>
    public async Task MoveAgentAsync(CancellationToken cancellationToken = default)
    {
        // The new listener first, or it could be given the old port again.
        var old = _agent;
        await StartAgentAsync(cancellationToken);
        await old!.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }
    }

    internal async Task StartAgentAsync(CancellationToken cancellationToken) => _agent = await FakePlaneHost.StartAsync(
        _cloud, FakePlane.Agent, Id, Authenticate, app => FakeAgent.Map(app, _cloud, this), cancellationToken);

    internal void SetTimeout(long seconds)
    {
        _timeoutSeconds = seconds;
        ExpiresAt = _cloud.Time.GetUtcNow().AddSeconds(seconds);
    }

    internal SandboxToken IssueToken()
    {
        var expires = _cloud.Time.GetUtcNow() + _cloud.TokenLifetime;
        var token = string.Create(CultureInfo.InvariantCulture, $"eyJfake.{Id}.{Interlocked.Increment(ref _lastToken)}.{Guid.NewGuid():N}");
        _tokens[token] = expires;
        return new SandboxToken { Id = Id, AuthToken = token, TokenExpiresAt = expires };
    }

    internal Sandbox Describe(bool withToken)
    {
        var token = withToken ? IssueToken() : null;
        var url = AgentUrl.ToString().TrimEnd('/');
        return new Sandbox
        {
            Id = Id,
            Status = Status,
            TemplateId = _template.Id,
            TemplateName = _template.Name,
            OrganizationId = OrganizationId,
            NodeId = "node-a",
            Region = Request.Region ?? "local",
            Resources = new SandboxResources { Vcpu = 2, MemoryMb = 2048, DiskMb = 10240 },
            InternetAccess = Request.InternetAccess ?? true,
            LiveMode = true,
            TimeoutSeconds = _timeoutSeconds,
            ExpiresAt = ExpiresAt,
            CreatedAt = _createdAt,
            UpdatedAt = _createdAt,
            PublicHost = url,
            DirectUrl = url,
            PreviewUrl = url,
            AuthToken = token?.AuthToken,
            TokenExpiresAt = token?.TokenExpiresAt,
        };
    }

    private void Authenticate(HttpContext http)
    {
        if (http.Request.Path.Value is "/" or "/ping" or "/health" or "/info")
        {
            return;
        }

        var bearer = http.Request.Headers.Authorization.ToString();
        if (!bearer.StartsWith("Bearer ", StringComparison.Ordinal))
        {
            throw new FakeErrorException(HopxErrorCode.AuthenticationRequired, "A token is required");
        }

        if (!_tokens.TryGetValue(bearer["Bearer ".Length..], out var expires))
        {
            throw new FakeErrorException(HopxErrorCode.InvalidToken, "The token is not valid");
        }

        if (expires <= _cloud.Time.GetUtcNow())
        {
            throw new FakeErrorException(HopxErrorCode.TokenExpired, "The token has expired");
        }

        if (ExpiresAt <= _cloud.Time.GetUtcNow())
        {
            throw new FakeErrorException(HopxErrorCode.SandboxNotFound, "Sandbox not found");
        }

        if (Status is not SandboxStatus.Running)
        {
            throw new FakeErrorException(HopxErrorCode.SandboxStopped, $"Sandbox is {Status}");
        }
    }
}
