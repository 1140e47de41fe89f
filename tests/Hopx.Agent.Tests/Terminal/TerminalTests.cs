using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class TerminalTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_no_terminal_is_refused()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Get, "/terminal");
        foreach (var (query, status) in new[]
        {
            ("?id=none", HttpStatusCode.NotFound), ("?cols=0", HttpStatusCode.BadRequest), ("?rows=many", HttpStatusCode.BadRequest), ("?keep=-1", HttpStatusCode.BadRequest),
        })
        {
            using var socket = new ClientWebSocket();
            socket.Options.CollectHttpResponseDetails = true;
            await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri("ws://agent/terminal" + query), agent.Http, Token));
            Assert.Equal(status, socket.HttpStatusCode);
        }

        using var stranger = new ClientWebSocket();
        stranger.Options.CollectHttpResponseDetails = true;
        stranger.Options.SetRequestHeader("Authorization", "Bearer " + agent.Tokens.Make(validSeconds: -1));
        await Assert.ThrowsAsync<WebSocketException>(() => stranger.ConnectAsync(new Uri("ws://agent/terminal"), agent.Http, Token));
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.HttpStatusCode);
    }

    [Fact]
    public async Task A_shell_runs_in_a_real_terminal_and_its_exit_is_the_last_message()
    {
        using var terminal = await OpenAsync(isPaced: true);
        await terminal.TypeAsync("echo [$(stty size)] [$TERM] [$(tty)] [$PWD] [$-]\r");
        var text = await terminal.UntilAsync(@"\[24 80\] \[xterm-256color\] \[/dev/pts/\d+\] \[(?<dir>[^\]]*)\] \[(?<flags>\w+)\]");
        Assert.Equal(agent.Workdir, text.Groups["dir"].Value);
        Assert.Contains('m', text.Groups["flags"].Value);
        await terminal.TypeAsync("exit 3\r");
        Assert.Equal(3, (await terminal.UntilExitAsync()));
    }

    [Fact]
    public async Task Resizing_is_told_to_what_runs()
    {
        using var terminal = await OpenAsync("?cols=100&rows=40");
        await terminal.TypeAsync("trap 'echo now $(stty size)' WINCH; echo first $(stty size)\r");
        await terminal.UntilAsync("first 40 100");
        await terminal.SayAsync("""{"type":"resize","cols":120,"rows":30}""");
        await terminal.TypeAsync("\r");
        await terminal.UntilAsync("now 30 120");
        await terminal.SayAsync("""{"type":"resize","cols":0,"rows":30}""");
        await terminal.UntilErrorAsync("INVALID_REQUEST");
    }

    [Fact]
    public async Task Jobs_are_controlled_by_the_usual_keys()
    {
        var mark = NewMark();
        using var terminal = await OpenAsync();
        await terminal.TypeAsync($"sleep {mark}; echo af''ter\r");
        await UntilAsync(() => IsRunning(mark));
        await terminal.TypeAsync("\u001a");
        await terminal.UntilAsync("Stopped");
        await terminal.TypeAsync("jobs; fg\r");
        await terminal.UntilAsync(@"\[1\]\+\s+Stopped\s+sleep " + mark);
        await UntilAsync(() => IsRunning(mark, state: 'S'));
        await terminal.TypeAsync("\u0003");
        await UntilAsync(async () => !await IsRunning(mark));
        await terminal.TypeAsync("echo rea''dy; read x; echo [$x]\r");
        await terminal.UntilAsync("ready");
        await terminal.TypeAsync("\u0004");
        await terminal.UntilAsync(@"\[\]");
        Assert.DoesNotContain("job control", terminal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Characters_are_never_cut()
    {
        using var terminal = await OpenAsync();
        await terminal.TypeAsync("printf '[\\xe2'; sleep 0.2; printf '\\x82'; sleep 0.2; printf '\\xac]\\n'; for i in $(seq 2000); do printf 'ä€😀'; done; echo en''d\r");
        await terminal.UntilAsync(@"\[€\]");
        await terminal.UntilAsync("end");
        Assert.DoesNotContain('\uFFFD', terminal.Text);
        await terminal.TypeAsync("echo 'grüße 😀'\r");
        await terminal.UntilAsync("[\r\n]grüße 😀\r");
    }

    [Fact]
    public async Task Closing_kills_all_that_came_from_the_shell()
    {
        foreach (var politely in new[] { true, false })
        {
            string[] marks = [NewMark(), NewMark(), NewMark(), NewMark()];
            using var terminal = await OpenAsync();
            await terminal.TypeAsync(
                $"sleep {marks[0]} & setsid nohup sleep {marks[1]} >/dev/null 2>&1 & (sleep {marks[2]} & exec bash -c 'trap \"\" HUP; while :; do sleep {marks[3]}; done')\r");
            foreach (var mark in marks)
            {
                await UntilAsync(() => IsRunning(mark));
            }

            if (politely)
            {
                await terminal.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            }
            else
            {
                terminal.Socket.Abort();
            }

            foreach (var mark in marks)
            {
                await UntilAsync(async () => !await IsRunning(mark));
            }
        }
    }

    [Fact]
    public async Task A_kept_terminal_is_found_again_with_what_it_showed_and_what_runs_in_it()
    {
        string id;
        using (var first = await OpenAsync("?keep=60"))
        {
            id = first.Id;
            await first.TypeAsync("NAME=value; echo sho''wn\r");
            await first.UntilAsync("shown");
            first.Socket.Abort();
        }

        using var second = await OpenAsync("?id=" + id);
        Assert.Equal(id, second.Id);
        await second.UntilAsync("shown");
        await second.TypeAsync("echo still $NAME\r");
        await second.UntilAsync("still value");

        using var third = await OpenAsync("?id=" + id);
        await second.UntilErrorAsync("CONFLICT");
        await third.UntilAsync("still value");
        await third.TypeAsync("exit\r");
        Assert.Equal(0, await third.UntilExitAsync());
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync("?id=" + id));
    }

    [Fact]
    public async Task A_kept_terminal_ends_when_nobody_comes_back()
    {
        var mark = NewMark();
        string id;
        using (var terminal = await OpenAsync("?keep=0.3"))
        {
            id = terminal.Id;
            await terminal.TypeAsync($"exec sleep {mark}\r");
            await UntilAsync(() => IsRunning(mark));
        }

        await UntilAsync(async () => !await IsRunning(mark));
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync("?id=" + id));
    }

    [Fact]
    public async Task A_client_that_never_reads_stops_the_shell_and_nothing_else()
    {
        var progress = Path.Combine(agent.Home, "terminal-progress");
        using var terminal = await OpenAsync();
        await terminal.TypeAsync($"i=0; line=$(head -c 4000 /dev/zero | tr '\\0' x); while :; do echo $line; echo $((++i)) > {progress}; done\r");
        var before = "";
        string now;
        while ((now = File.Exists(progress) ? await File.ReadAllTextAsync(progress, Token) : "") != before || now.Length == 0)
        {
            before = now;
            await Task.Delay(300, Token);
        }

        Assert.True(int.Parse(now, CultureInfo.InvariantCulture) < 10_000, $"{now} lines were taken without a reader.");
        using var other = await OpenAsync();
        await other.TypeAsync("echo he''re\r");
        await other.UntilAsync("here");
    }

    [Fact]
    public async Task Bad_messages_are_answered_and_the_terminal_goes_on()
    {
        using var terminal = await OpenAsync();
        foreach (var (message, type, code) in new[]
        {
            ("{", WebSocketMessageType.Text, "INVALID_JSON"),
            ("""{"type":"input","data":"a"}""", WebSocketMessageType.Binary, "INVALID_REQUEST"),
            ("""{"type":"input","data":"!","encoding":"base64"}""", WebSocketMessageType.Text, "INVALID_REQUEST"),
            ("""{"type":"input","data":5}""", WebSocketMessageType.Text, "INVALID_JSON"),
            ($$"""{"type":"input","data":"{{new string('x', 1_100_000)}}"}""", WebSocketMessageType.Text, "PAYLOAD_TOO_LARGE"),
        })
        {
            await terminal.SayAsync(message, type);
            await terminal.UntilErrorAsync(code);
        }

        await terminal.SayAsync("""{"type":"unknown"}""");
        await terminal.SayAsync("""{"type":"input",""", isEnd: false);
        await terminal.SayAsync("\"data\":\"echo who''le\\r\"}");
        await terminal.UntilAsync("whole");
    }

    [Fact]
    public async Task More_terminals_than_allowed_are_refused()
    {
        await using var small = new AgentFixture(new() { ["Terminal:MaxTerminals"] = "1" });
        await small.InitializeAsync();
        using (await AgentSocket.OpenAsync(small, "/terminal"))
        {
            using var second = new ClientWebSocket();
            second.Options.CollectHttpResponseDetails = true;
            await Assert.ThrowsAsync<WebSocketException>(() => second.ConnectAsync(new Uri("ws://agent/terminal"), small.Http, Token));
            Assert.Equal(HttpStatusCode.TooManyRequests, second.HttpStatusCode);
        }

        await UntilAsync(async () =>
        {
            try
            {
                using var again = await AgentSocket.OpenAsync(small, "/terminal");
                return true;
            }
            catch (WebSocketException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Many_terminals_work_at_once()
    {
        // What this user's shell does when it begins is not what is tried here.
        await using var bare = new AgentFixture();
        await bare.InitializeAsync();
        await bare.SendAsync(HttpMethod.Patch, "/env", $$$"""{"env_vars":{"HOME":"{{{bare.Home}}}"}}""");
        var terminals = new List<Typist>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                terminals.Add(new Typist(await AgentSocket.OpenAsync(bare, "/terminal")));
            }

            await Task.WhenAll(terminals.Select((terminal, i) => terminal.TypeAsync($"echo num''ber {i}.\r")));
            await Task.WhenAll(terminals.Select((terminal, i) => terminal.UntilAsync($"number {i}\\.")));
        }
        finally
        {
            terminals.ForEach(terminal => terminal.Dispose());
        }
    }

    [Fact]
    public async Task Full_screen_programs_look_as_they_should()
    {
        Assert.SkipUnless(Screen.IsThere, "tmux, vim and top are not all installed.");
        using var screen = new Screen(80, 24);
        using var terminal = await OpenAsync();
        terminal.Shown = screen.Show;
        await terminal.TypeAsync("PS1='$ '; clear; vim -u NONE -N note.txt\r");
        await UntilScreenAsync(terminal, screen, lines => lines.Count(line => line == "~") > 15);
        await terminal.TypeAsync("ifirst line\rzweite Zeile äöü\u001b");
        await UntilScreenAsync(terminal, screen, lines => lines[0] == "first line" && lines[1] == "zweite Zeile äöü");
        await terminal.TypeAsync(":wq\r");
        await UntilScreenAsync(terminal, screen, lines => lines.Any(line => line == "$"));
        Assert.Equal("first line\nzweite Zeile äöü\n", await File.ReadAllTextAsync(Path.Combine(agent.Workdir, "note.txt"), Token));

        screen.Resize(100, 30);
        await terminal.SayAsync("""{"type":"resize","cols":100,"rows":30}""");
        await terminal.TypeAsync("top\r");
        await UntilScreenAsync(terminal, screen, lines => lines[0].StartsWith("top - ", StringComparison.Ordinal) && lines.Any(line => line.Contains("PID USER", StringComparison.Ordinal)));
        await terminal.TypeAsync("q");
        await UntilScreenAsync(terminal, screen, lines => lines.Any(line => line == "$"));

        var server = $"hopx-test-{Guid.NewGuid():n}";
        await terminal.TypeAsync($"clear; tmux -L {server} -f /dev/null new-session 'PS1=: bash --norc'\r");
        await UntilScreenAsync(terminal, screen, lines => lines.Length >= 30 && lines[29].StartsWith("[0]", StringComparison.Ordinal));
        await terminal.TypeAsync("\u0002%");
        await UntilScreenAsync(terminal, screen, lines => lines.Take(29).All(line => line.Length > 50 && line[50] == '│'));
        await terminal.TypeAsync($"tmux -L {server} kill-server\r");
        await UntilScreenAsync(terminal, screen, lines => lines.Any(line => line.Contains("[server exited]", StringComparison.Ordinal)));
    }

    private static async Task UntilScreenAsync(Typist terminal, Screen screen, Func<string[], bool> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (screen.Read() is var lines && !condition(lines))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(2), $"The screen stays at:\n{string.Join('\n', lines)}");
            await terminal.ReadSomeAsync();
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(20, Token);
        }
    }

    private static string NewMark() => Random.Shared.NextInt64(1_000_000_000, 10_000_000_000).ToString(CultureInfo.InvariantCulture);

    private static Task<bool> IsRunning(string mark, char? state = null) => Task.FromResult(ProcessTable.Read().Any(entry =>
        !entry.IsDead && (state is null || entry.State == state) && Encoding.UTF8.GetString(ProcessTable.ReadStart($"/proc/{entry.Id}/cmdline", 4096)).Contains($"sleep\0{mark}", StringComparison.Ordinal)));

    private async Task<Typist> OpenAsync(string query = "", bool isPaced = false) => new(await AgentSocket.OpenAsync(agent, "/terminal" + query, isPaced));

    /// <summary>Somebody at the keyboard, who remembers all that was shown.</summary>
    private sealed class Typist(AgentSocket socket) : IDisposable
    {
        private readonly StringBuilder _text = new();
        private Task<JsonElement?>? _hearing;
        private int _seen;

        public string Text => _text.ToString();

        public string Id => socket.Socket.HttpResponseHeaders![TerminalConnection.IdHeader].Single();

        public ClientWebSocket Socket => socket.Socket;

        public Action<string>? Shown { get; set; }

        public Task SayAsync(string json, WebSocketMessageType type = WebSocketMessageType.Text, bool isEnd = true) => socket.SayAsync(json, type, isEnd);

        public Task TypeAsync(string text) =>
            socket.SayAsync(JsonSerializer.Serialize(new TerminalInput { Type = "input", Data = text }, HopxJson.Default.TerminalInput));

        /// <summary>Reads until something new fits the pattern.</summary>
        public async Task<Match> UntilAsync(string pattern)
        {
            while (true)
            {
                if (Regex.Match(Text[_seen..], pattern, RegexOptions.None, TimeSpan.FromSeconds(5)) is { Success: true } match)
                {
                    _seen += match.Index + match.Length;
                    return match;
                }

                Assert.Equal("output", await HearAsync());
            }
        }

        public async Task UntilErrorAsync(string code)
        {
            string? type;
            while ((type = await HearAsync()) == "output")
            {
            }

            Assert.Equal(code, type);
        }

        public async Task<int> UntilExitAsync()
        {
            string? type;
            while ((type = await HearAsync()) == "output")
            {
            }

            await socket.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            Assert.Null(await HearAsync());
            return int.Parse(type!, CultureInfo.InvariantCulture);
        }

        /// <summary>What has come, or comes soon.</summary>
        public async Task ReadSomeAsync()
        {
            _hearing ??= socket.HearAsync();
            if (await Task.WhenAny(_hearing, Task.Delay(50, Token)) == _hearing)
            {
                await HearAsync();
            }
        }

        public void Dispose() => socket.Dispose();

        private async Task<string?> HearAsync()
        {
            var hearing = _hearing ?? socket.HearAsync();
            _hearing = null;
            // Rather a failure that tells what was shown than a wait without an end.
            if (await Task.WhenAny(hearing, Task.Delay(TimeSpan.FromSeconds(120), Token)) != hearing)
            {
                Assert.Fail($"Nothing more was shown after: {Text[Math.Max(0, Text.Length - 2000)..]}");
            }

            if (await hearing is not { } message)
            {
                return null;
            }

            switch (message.GetProperty("type").GetString())
            {
                case "output":
                    var data = message.GetProperty("data").GetString()!;
                    _text.Append(data);
                    Shown?.Invoke(data);
                    return "output";
                case "exit":
                    return message.GetProperty("code").GetInt32().ToString(CultureInfo.InvariantCulture);
                default:
                    return message.GetProperty("code").GetString();
            }
        }
    }
}
