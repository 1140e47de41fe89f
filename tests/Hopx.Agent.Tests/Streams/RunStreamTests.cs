using System.Net.WebSockets;
using System.Text.Json;

namespace Hopx.Agent.Tests;

public sealed class RunStreamTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    private static readonly string[] CodeRoutes = ["/execute/stream", "/stream", "/stream/ipython"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_without_an_upgrade_or_with_a_bad_token_is_refused()
    {
        foreach (var path in CodeRoutes.Append("/commands/stream"))
        {
            await agent.AssertRefusedAsync(System.Net.HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Get, path);
            foreach (var token in new[]
            {
                agent.Tokens.Make(validSeconds: -1),
                agent.Tokens.Make(subject: "another"),
                $"{TestTokens.Encode("""{"alg":"none"}"""u8.ToArray())}.{TestTokens.Encode("""{"iss":"hopx","aud":"hopx-agent","sub":"sb1","exp":9999999999}"""u8.ToArray())}.",
                "nonsense",
            })
            {
                using var socket = new ClientWebSocket();
                socket.Options.CollectHttpResponseDetails = true;
                socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
                await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri("ws://agent" + path), agent.Http, Token));
                Assert.Equal(System.Net.HttpStatusCode.Unauthorized, socket.HttpStatusCode);
            }

            using var bare = new HttpRequestMessage(HttpMethod.Get, $"{path}?token={agent.Tokens.Make()}");
            bare.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Basic", "bm9uZQ==");
            using var answer = await agent.Http.SendAsync(bare, Token);
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("/execute/stream")]
    [InlineData("/stream")]
    [InlineData("/stream/ipython")]
    public async Task Code_tells_what_it_writes_then_its_result_then_that_it_is_complete(string path)
    {
        using var socket = await AgentSocket.OpenAsync(agent, path, isPaced: true);
        await socket.SayAsync("""{"type":"execute","code":"import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7","language":"python","timeout":60,"workdir":"/workspace","env":{}}""");
        var frames = await socket.HearAllAsync("complete");
        Assert.Equal("out\n", TextOf(frames, "stdout").Replace("42\n", "", StringComparison.Ordinal));
        Assert.Equal("err\n", TextOf(frames, "stderr"));
        Assert.Equal(["result", "complete"], frames[^2..].Select(TypeOf));
        Assert.Equal((0, "42"), (frames[^2].GetProperty("exit_code").GetInt32(), frames[^2].GetProperty("result").GetString()));
        Assert.True(frames[^2].GetProperty("execution_time").GetDouble() > 0);
        Assert.True(frames[^1].GetProperty("success").GetBoolean());
        Assert.All(frames, frame => Assert.NotEmpty(frame.GetProperty("timestamp").GetString()!));
        Assert.False(frames[^2].TryGetProperty("stdout", out _));
    }

    [Fact]
    public async Task A_command_streams_and_its_failure_is_no_error()
    {
        using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await socket.SayAsync("""{"type":"execute","command":"bash","args":["-c","echo $A; exit 3"],"env":{"A":"b"}}""");
        var frames = await socket.HearAllAsync("complete");
        Assert.Equal("b\n", TextOf(frames, "stdout"));
        Assert.Equal((false, 3), (frames[^1].GetProperty("success").GetBoolean(), frames[^1].GetProperty("exit_code").GetInt32()));
        Assert.DoesNotContain(frames, frame => TypeOf(frame) == "error");
    }

    [Fact]
    public async Task What_cannot_be_started_is_an_error_and_then_complete()
    {
        foreach (var (message, code) in new[]
        {
            ("""{"type":"execute","code":"1","language":"cobol"}""", "INVALID_REQUEST"),
            ("""{"type":"execute"}""", "MISSING_PARAMETER"),
            ("{", "INVALID_JSON"),
            ("""["execute"]""", "INVALID_JSON"),
            ("""{"code":5}""", "INVALID_JSON"),
        })
        {
            using var socket = await AgentSocket.OpenAsync(agent, "/execute/stream");
            await socket.SayAsync(message);
            var frames = await socket.HearAllAsync("complete");
            Assert.Equal(["error", "complete"], frames.Select(TypeOf));
            Assert.Equal(code, frames[0].GetProperty("code").GetString());
            Assert.False(string.IsNullOrEmpty(frames[0].GetProperty("message").GetString()));
            Assert.False(frames[1].GetProperty("success").GetBoolean());
        }
    }

    [Fact]
    public async Task A_binary_message_is_refused_and_a_fragmented_one_is_understood()
    {
        using (var socket = await AgentSocket.OpenAsync(agent, "/commands/stream"))
        {
            await socket.SayAsync("""{"command":"true"}""", WebSocketMessageType.Binary);
            Assert.Equal("INVALID_REQUEST", (await socket.HearAllAsync("complete"))[0].GetProperty("code").GetString());
        }

        using var fragmented = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await fragmented.SayAsync("""{"comm""", isEnd: false);
        await fragmented.SayAsync("""and":"echo whole"}""");
        Assert.Equal("whole\n", TextOf(await fragmented.HearAllAsync("complete"), "stdout"));
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused()
    {
        using var socket = await AgentSocket.OpenAsync(agent, "/execute/stream");
        var part = new string('x', 1 << 20);
        for (var i = 0; i < 33; i++)
        {
            await socket.SayAsync(part, isEnd: false);
        }

        await socket.SayAsync("");
        Assert.Equal("PAYLOAD_TOO_LARGE", (await socket.HearAllAsync("complete"))[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_lot_of_output_arrives_whole_and_characters_are_never_cut()
    {
        using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await socket.SayAsync("""{"command":"yes 'a€😀ä' | head -n 500000","timeout":120}""");
        var text = TextOf(await socket.HearAllAsync("complete"), "stdout");
        Assert.Equal(500_000 * 6, text.Length);
        Assert.Equal(string.Concat(Enumerable.Repeat("a€😀ä\n", 500_000)), text);
    }

    [Fact]
    public async Task A_character_that_is_written_in_parts_arrives_whole_and_half_a_one_as_a_replacement()
    {
        using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await socket.SayAsync("""{"command":"printf '\\xe2'; sleep 0.1; printf '\\x82'; sleep 0.1; printf '\\xacz\\xe2'"}""");
        Assert.Equal("€z\uFFFD", TextOf(await socket.HearAllAsync("complete"), "stdout"));
    }

    [Fact]
    public async Task A_client_that_does_not_read_slows_the_run_and_loses_nothing()
    {
        var progress = Path.Combine(agent.Home, "progress");
        using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await socket.SayAsync($$"""{"command":"for i in $(seq 1 200); do head -c 1000000 /dev/zero | tr '\\0' x; echo $i > {{progress}}; done","timeout":120}""");
        var before = "";
        string now;
        while ((now = File.Exists(progress) ? await File.ReadAllTextAsync(progress, Token) : "") != before || now.Length == 0)
        {
            before = now;
            await Task.Delay(300, Token);
        }

        Assert.True(int.Parse(now, System.Globalization.CultureInfo.InvariantCulture) < 100, $"{now} MB were taken without a reader.");
        var length = 0L;
        while (await socket.HearAsync() is { } frame && TypeOf(frame) != "complete")
        {
            length += TypeOf(frame) == "stdout" ? frame.GetProperty("data").GetString()!.Length : 0;
        }

        Assert.Equal(200_000_000, length);
    }

    [Fact]
    public async Task The_run_ends_when_its_client_leaves()
    {
        foreach (var politely in new[] { true, false })
        {
            using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
            await socket.SayAsync("""{"command":"echo $$; exec sleep 765431","timeout":600}""");
            var process = int.Parse((await socket.HearAsync())!.Value.GetProperty("data").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
            if (politely)
            {
                await socket.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            }
            else
            {
                socket.Socket.Abort();
            }

            while (ProcessTable.ReadEntry(process) is { IsDead: false })
            {
                await Task.Delay(10, Token);
            }
        }
    }

    [Fact]
    public async Task An_interactive_run_can_be_typed_into_and_interrupted()
    {
        using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await socket.SayAsync("""{"command":"trap 'echo interrupted; exit 5' INT; read a; echo got $a; read b; while :; do sleep 0.1; done","interactive":true,"timeout":60}""");
        await socket.SayAsync("""{"type":"input","data":"hello\n"}""");
        await HearUntilAsync(socket, "got hello");
        await socket.SayAsync("""{"type":"what"}""");
        await socket.SayAsync("nonsense");
        Assert.Equal("INVALID_JSON", (await HearUntilAsync(socket, "error")).GetProperty("code").GetString());
        await socket.SayAsync("""{"type":"input","data":"eA==","encoding":"base64"}""");
        await socket.SayAsync("""{"type":"eof"}""");
        await socket.SayAsync("""{"type":"interrupt"}""");
        var frames = await socket.HearAllAsync("complete");
        Assert.Contains("interrupted", TextOf(frames, "stdout"), StringComparison.Ordinal);
        Assert.Equal(5, frames[^1].GetProperty("exit_code").GetInt32());
    }

    [Fact]
    public async Task A_run_that_is_not_interactive_reads_nothing_and_says_so()
    {
        using var socket = await AgentSocket.OpenAsync(agent, "/commands/stream");
        await socket.SayAsync("""{"command":"cat; echo over; sleep 543000","timeout":60}""");
        await HearUntilAsync(socket, "over");
        await socket.SayAsync("""{"type":"input","data":"hello\n"}""");
        Assert.Equal("CONFLICT", (await HearUntilAsync(socket, "error")).GetProperty("code").GetString());
        await socket.SayAsync("""{"type":"signal","signal":"TERM"}""");
        Assert.Equal(143, (await socket.HearAllAsync("complete"))[^1].GetProperty("exit_code").GetInt32());
    }

    private static string TypeOf(JsonElement frame) => frame.GetProperty("type").GetString()!;

    private static string TextOf(IEnumerable<JsonElement> frames, string type) =>
        string.Concat(frames.Where(frame => TypeOf(frame) == type).Select(frame => frame.GetProperty("data").GetString()));

    private static async Task<JsonElement> HearUntilAsync(AgentSocket socket, string text)
    {
        while (true)
        {
            var frame = (await socket.HearAsync())!.Value;
            if (frame.GetRawText().Contains(text, StringComparison.Ordinal))
            {
                return frame;
            }
        }
    }
}
