using Hopx.Client;
using Hopx.Mcp.Hosting;
using Hopx.Mcp.LiveView;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Mcp.Tests.LiveView;

public sealed class LiveTicketsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HopxClient _client = new(new HopxClientOptions { ApiKey = "none" });
    private readonly IOptions<HopxMcpOptions> _options = Options.Create(new HopxMcpOptions());
    private readonly LiveTickets _tickets;
    private readonly LiveSessions _sessions;
    private int _released;

    public LiveTicketsTests()
    {
        _tickets = new LiveTickets(_options, _time);
        _sessions = new LiveSessions(_options, _time);
    }

    public void Dispose()
    {
        _sessions.Dispose();
        _tickets.Dispose();
        _client.Dispose();
    }

    [Fact]
    public void A_ticket_is_good_once()
    {
        var (secret, expires) = _tickets.Issue(Grant());

        var grant = _tickets.Redeem(secret);

        Assert.Equal(43, secret.Length);
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(2), expires);
        Assert.Equal("sandbox", grant.SandboxId);
        var refused = Assert.Throws<HopxException>(() => _tickets.Redeem(secret));
        Assert.Equal((HopxErrorCode.Forbidden, 0), (refused.Code, _released));
        Assert.Contains("used already, or is older than 2 minutes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ticket_is_good_for_a_short_time_and_lets_its_caller_go_then()
    {
        var (secret, _) = _tickets.Issue(Grant());

        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Throws<HopxException>(() => _tickets.Redeem(secret));
        Assert.Equal(1, _released);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_never_was_a_ticket_opens_nothing(string? secret)
    {
        _tickets.Issue(Grant());

        Assert.Throws<HopxException>(() => _tickets.Redeem(secret));
    }

    [Fact]
    public void Only_unused_tickets_to_the_control_of_one_s_own_sandbox_are_withdrawn()
    {
        var (control, _) = _tickets.Issue(Grant(LiveAccess.Control));
        var (view, _) = _tickets.Issue(Grant());
        var (other, _) = _tickets.Issue(Grant(LiveAccess.Control, principal: "somebody else"));

        Assert.Equal(1, _tickets.Withdraw("me", "sandbox"));

        Assert.Throws<HopxException>(() => _tickets.Redeem(control));
        _tickets.Redeem(view);
        _tickets.Redeem(other);
    }

    [Fact]
    public void There_are_never_more_tickets_than_can_be_kept()
    {
        var (first, _) = _tickets.Issue(Grant());
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 1_000; i++)
        {
            _tickets.Issue(Grant());
        }

        Assert.Throws<HopxException>(() => _tickets.Redeem(first));
        Assert.Equal(1, _released);
    }

    [Fact]
    public void A_session_is_found_by_its_own_cookie_alone()
    {
        var (session, secret) = _sessions.Open(Grant());
        var (other, otherSecret) = _sessions.Open(Grant());

        Assert.True(_sessions.TryFind(session.Id, secret, out var found));
        Assert.Same(session, found);
        Assert.False(_sessions.TryFind(session.Id, otherSecret, out _));
        Assert.False(_sessions.TryFind(other.Id, secret, out _));
        Assert.False(_sessions.TryFind(session.Id, null, out _));
        Assert.False(_sessions.TryFind(null, secret, out _));
    }

    [Fact]
    public void A_session_ends_by_itself_with_its_streams()
    {
        var (session, secret) = _sessions.Open(Grant());
        var over = session.Over;

        _time.Advance(TimeSpan.FromHours(4));

        Assert.False(_sessions.TryFind(session.Id, secret, out _));
        Assert.True(over.IsCancellationRequested);
        Assert.Equal(1, _released);
    }

    private LiveGrant Grant(LiveAccess access = LiveAccess.View, string principal = "me") => new(new Caller(principal, _client, () => _released++), "sandbox", access, Reason: null);
}
