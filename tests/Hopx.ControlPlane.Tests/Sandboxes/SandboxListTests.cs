using System.Buffers.Text;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;
using Microsoft.AspNetCore.Http;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>Lists, page by page, while the world goes on.</summary>
public sealed class SandboxListTests(PreparedMachine prepared) : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private readonly SteppingTime _time = new();
    private MachinelessPlane _plane = null!;

    public async ValueTask InitializeAsync() => _plane = await MachinelessPlane.StartAsync(prepared, _home.Path, time: _time);

    public async ValueTask DisposeAsync()
    {
        await _plane.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Pages_show_each_sandbox_once_while_others_come_and_go()
    {
        var first = new List<string>();
        for (var count = 0; count < 10; count++)
        {
            first.Add((await CreateAsync()).Id);
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = List(limit: "3", cursor: cursor);
            seen.AddRange(page.Data!.Select(sandbox => sandbox.Id));
            Assert.Equal(page.HasMore, page.NextCursor is not null);
            cursor = page.NextCursor;
            // The last one that was shown goes, and another one comes.
            await _plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, seen[^1]);
            await CreateAsync();
        }
        while (cursor is not null && seen.Count < 30);

        Assert.Equal(first, seen.Take(10));
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_list_can_be_narrowed_by_status_and_region()
    {
        var running = await _plane.CreateAsync();
        var paused = await _plane.CreateAsync();
        await _plane.DoAsync(SandboxOperation.Pause, MachinelessPlane.Owner, paused.Id);

        Assert.Equal([running.Id], List(status: "running").Data!.Select(sandbox => sandbox.Id));
        Assert.Equal([paused.Id], List(status: "PAUSED", region: "local").Data!.Select(sandbox => sandbox.Id));
        Assert.Empty(List(status: "stopped").Data!);
        Assert.Empty(List(region: "mars").Data!);
    }

    [Theory]
    [InlineData("0", 1)]
    [InlineData("-5", 1)]
    [InlineData("2", 2)]
    [InlineData("9999999999", 3)]
    [InlineData("", 3)]
    public async Task A_limit_is_clamped(string limit, int expected)
    {
        for (var count = 0; count < 3; count++)
        {
            await _plane.CreateAsync();
        }

        Assert.Equal(expected, List(limit: limit).Data!.Count);
    }

    [Theory]
    [InlineData("status", "sleeping")]
    [InlineData("status", "0")]
    [InlineData("status", "deleted")]
    [InlineData("limit", "many")]
    [InlineData("cursor", "nonsense")]
    [InlineData("cursor", "!!!")]
    [InlineData("cursor", "MTc2MzkwMDAwMGFiY2RlZmdoaWo")]
    public void What_makes_no_sense_is_named(string name, string value)
    {
        var refused = Assert.Throws<HopxException>(() => List(
            status: name is "status" ? value : null, limit: name is "limit" ? value : null, cursor: name is "cursor" ? value : null));

        Assert.Equal(HopxErrorCode.InvalidRequest, refused.Code);
        Assert.Contains($"'{value}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cursor_that_was_changed_or_is_somebody_else_s_is_refused_and_one_from_before_a_restart_is_not()
    {
        await CreateAsync();
        var second = await CreateAsync();
        var cursor = List(limit: "1").NextCursor!;
        var bytes = Base64Url.DecodeFromChars(cursor);
        for (var at = 0; at < bytes.Length; at++)
        {
            var forged = bytes.ToArray();
            forged[at] ^= 1;
            Assert.Throws<HopxException>(() => List(cursor: Base64Url.EncodeToString(forged)));
        }

        Assert.Throws<HopxException>(() => List(cursor: cursor, caller: MachinelessPlane.Stranger));

        var machine = _plane.Machine;
        await _plane.DisposeAsync();
        _plane = await MachinelessPlane.StartAsync(prepared, _home.Path, machine, _time);
        Assert.Equal([second.Id], List(cursor: cursor).Data!.Select(sandbox => sandbox.Id));
    }

    private Task<SandboxRecord> CreateAsync()
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return _plane.CreateAsync();
    }

    private ListPage<Sandbox> List(string? status = null, string? region = null, string? limit = null, string? cursor = null, Caller? caller = null)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(caller ?? MachinelessPlane.Owner);
        return _plane.Get<SandboxList>().Read(context, status, region, limit, cursor).Value!;
    }
}
