using System.Net.WebSockets;
using System.Text.Json;
using Hopx.Client;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Agent.Tests;

public sealed class JsonFramesTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private SocketPair _pair = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _pair = await SocketPair.ConnectAsync();

    public ValueTask DisposeAsync()
    {
        _pair.Dispose();
        return default;
    }

    [Fact]
    public async Task Messages_keep_a_distance_unless_the_client_can_do_without()
    {
        using var paced = Frames(isPaced: true);
        await SendAsync(paced, "one");
        var second = SendAsync(paced, "two");
        _time.Advance(JsonFrames.Pace - TimeSpan.FromMilliseconds(1));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await second;
        Assert.Equal("""{"message":"one"}""", Plain(await _pair.HearAsync()));
        Assert.Equal("""{"message":"two"}""", Plain(await _pair.HearAsync()));
    }

    [Fact]
    public async Task Messages_follow_each_other_at_once_when_pacing_is_off()
    {
        using var frames = Frames(isPaced: false);
        await SendAsync(frames, "one");
        await SendAsync(frames, "two");
        Assert.Equal("""{"message":"one"}""", Plain(await _pair.HearAsync()));
        Assert.Equal("""{"message":"two"}""", Plain(await _pair.HearAsync()));
    }

    [Fact]
    public async Task Bad_messages_are_refused_and_the_next_one_is_understood()
    {
        using var frames = Frames();
        await _pair.SayAsync("");
        await _pair.SayAsync("{");
        await _pair.SayAsync("null");
        await _pair.SayAsync("[1]");
        await _pair.SayAsync("""{"path":"a"}""", WebSocketMessageType.Binary);
        await _pair.SayAsync($$"""{"path":"{{new string('x', 3000)}}"}""");
        await _pair.SayAsync("""{"path":"good"}""");
        foreach (var code in new[] { HopxErrorCode.InvalidJson, HopxErrorCode.InvalidJson, HopxErrorCode.InvalidJson, HopxErrorCode.InvalidRequest, HopxErrorCode.PayloadTooLarge })
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<HopxException>(() => ReceiveAsync(frames, Token))).Code);
        }

        Assert.Equal("good", (await ReceiveAsync(frames, Token))?.Path);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_loses_no_message()
    {
        using var frames = Frames();
        using var patience = new CancellationTokenSource();
        var waiting = ReceiveAsync(frames, patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await _pair.Client.SendAsync("{\"path\":"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, Token);
        await _pair.SayAsync("\"fragmented\"}");
        Assert.Equal("fragmented", (await ReceiveAsync(frames, Token))?.Path);
    }

    [Fact]
    public async Task The_client_closes_first()
    {
        using var frames = Frames();
        var closing = frames.CloseAsync(Token);
        Assert.False(closing.IsCompleted);
        await _pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        await closing;
        Assert.Null(await _pair.HearAsync());
        Assert.Equal(WebSocketState.Closed, _pair.Client.State);
    }

    [Fact]
    public async Task A_client_that_never_closes_is_closed()
    {
        using var frames = Frames();
        var closing = frames.CloseAsync(Token);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await _pair.HearAsync());
        await _pair.Client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        await closing;
    }

    [Fact]
    public async Task Merged_text_stays_in_order_and_whole()
    {
        using var frames = Frames();
        var merger = new FrameMerger<ErrorFrame>(frames, (kind, text) => new ErrorFrame { Type = kind, Message = text }, HopxJson.Default.ErrorFrame, Token);
        var written = new List<(string Kind, string Text)>();
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < 3000; i++)
                {
                    var (kind, text) = (i / 10 % 2 == 0 ? "stdout" : "stderr", new string((char)('a' + (i % 26)), i) + "😀");
                    written.Add((kind, text));
                    await merger.WriteAsync(kind, text.AsMemory(), Token);
                }

                await merger.CompleteAsync();
                await _pair.Server.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            },
            Token);
        var heard = new List<(string Kind, string Text)>();
        while (await _pair.HearAsync() is { } message)
        {
            var frame = JsonSerializer.Deserialize(message, HopxJson.Default.ErrorFrame)!;
            heard.Add((frame.Type, frame.Message!));
        }

        await writing;
        Assert.Equal(Join(written), Join(heard));
        Assert.True(heard.Count < written.Count / 2, $"{heard.Count} messages");
    }

    [Fact]
    public async Task Who_writes_waits_for_a_client_that_does_not_read_and_is_freed_when_it_leaves()
    {
        using var frames = Frames();
        using var left = new CancellationTokenSource();
        var merger = new FrameMerger<ErrorFrame>(frames, (kind, text) => new ErrorFrame { Type = kind, Message = text }, HopxJson.Default.ErrorFrame, left.Token);
        var written = 0;
        var writing = Task.Run(
            async () =>
            {
                for (; written < 10_000; written++)
                {
                    await merger.WriteAsync("stdout", new string('x', 64 * 1024).AsMemory(), Token);
                }
            },
            Token);
        _pair.Client.Abort();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.True(written < 10_000);
    }

    private static string Join(IEnumerable<(string Kind, string Text)> pieces)
    {
        var text = new System.Text.StringBuilder();
        var kind = "";
        foreach (var piece in pieces)
        {
            text.Append(piece.Kind == kind ? "" : $"[{kind = piece.Kind}]").Append(piece.Text);
        }

        return text.ToString();
    }

    private static string Plain(string? message) =>
        "{\"message\":\"" + JsonElement.Parse(message!).GetProperty("message").GetString() + "\"}";

    private static Task SendAsync(JsonFrames frames, string message) => frames.SendAsync(new ErrorFrame { Message = message }, HopxJson.Default.ErrorFrame, Token);

    private static Task<FilePathRequest?> ReceiveAsync(JsonFrames frames, CancellationToken cancellationToken) =>
        frames.ReceiveAsync(HopxJson.Default.FilePathRequest, cancellationToken);

    private JsonFrames Frames(bool isPaced = false) => new(_pair.Server, _time, isPaced, maxMessageBytes: 2048);
}
