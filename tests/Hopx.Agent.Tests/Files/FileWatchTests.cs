using System.Net;
using System.Net.WebSockets;
using Hopx.Client;
using Hopx.Testing;

namespace Hopx.Agent.Tests;

public sealed class FileWatchTests : FileTest
{
    [Fact]
    public async Task Changes_are_told_in_all_directories()
    {
        Put("old/file", "1");
        using var socket = await WatchAsync("/workspace");
        Put("new", "2");
        await ExpectAsync(socket, ("created", "new"));
        Put("old/file", "3");
        await ExpectAsync(socket, ("modified", "old/file"));
        File.Delete(In("new"));
        await ExpectAsync(socket, ("deleted", "new"));
    }

    [Fact]
    public async Task What_is_in_a_directory_made_later_is_told_too()
    {
        using var socket = await WatchAsync("/workspace");
        await Agent.RunAsync($"mkdir -p {In("a/b/c")} && echo 1 > {In("a/b/c/f")}");
        await ExpectAsync(socket, ("created", "a"), ("created", "a/b"), ("created", "a/b/c"), ("created", "a/b/c/f"));
        await Agent.RunAsync($"echo 2 > {In("a/b/c/g")}");
        await ExpectAsync(socket, ("created", "a/b/c/g"));
    }

    [Fact]
    public async Task Both_halves_of_a_rename_come_as_one()
    {
        Put("a", "1");
        Put("d/inner/x", "1");
        using var socket = await WatchAsync("/workspace");
        File.Move(In("a"), In("b"));
        var renamed = await HearAsync(socket);
        Assert.Equal(("renamed", In("b"), In("a"), false), (renamed.Event, renamed.Path, renamed.OldPath, renamed.IsDirectory));
        Directory.Move(In("d"), In("e"));
        Assert.Equal(("renamed", In("e"), In("d")), await HearAsync(socket) is var moved ? (moved.Event, moved.Path, moved.OldPath) : default);
        Put("e/inner/x", "2");
        await ExpectAsync(socket, ("modified", "e/inner/x"));
        File.Move(In("b"), Path.Combine(Agent.Home, "elsewhere"));
        await ExpectAsync(socket, ("deleted", "b"));
        File.Move(Path.Combine(Agent.Home, "elsewhere"), In("back"));
        await ExpectAsync(socket, ("created", "back"));
        Directory.Move(In("e"), Path.Combine(Agent.Home, "gone"));
        await ExpectAsync(socket, ("deleted", "e"));
        await File.WriteAllTextAsync(Path.Combine(Agent.Home, "gone/inner/x"), "3", Token);
        Put("last", "1");
        await ExpectAsync(socket, ("created", "last"));
    }

    [Fact]
    public async Task A_file_that_the_agent_writes_is_created_or_modified_and_no_temporary_name_is_told()
    {
        using var socket = await WatchAsync("/workspace");
        await PostAsync("/files/write", """{"path":"a","content":"1"}""");
        await ExpectAsync(socket, ("created", "a"));
        await PostAsync("/files/write", """{"path":"a","content":"2"}""");
        await ExpectAsync(socket, ("modified", "a"));
        await PostAsync("/files/edit", """{"path":"a","old_text":"2","new_text":"3"}""", HopxJson.Default.FileEdited);
        await ExpectAsync(socket, ("modified", "a"));
        await PostAsync("/files/copy", """{"from":"a","to":"d/b"}""");
        await ExpectAsync(socket, ("created", "d"), ("created", "d/b"));
    }

    [Fact]
    public async Task Several_paths_and_single_files_are_watched_on_one_socket()
    {
        Put("one/a", "1");
        Put("two/a", "1");
        Put("two/b", "1");
        using var socket = await WatchAsync("one");
        await socket.SayAsync("""{"action":"watch","path":"two/b"}""");
        Assert.Equal("watching", (await HearAnswerAsync(socket)).Type);
        Put("two/a", "2");
        Put("two/b", "2");
        await ExpectAsync(socket, ("modified", "two/b"));
        Put("one/a", "2");
        await ExpectAsync(socket, ("modified", "one/a"));
        await socket.SayAsync("""{"action":"watch","path":"two"}""");
        Assert.Equal("watching", (await HearAnswerAsync(socket)).Type);
        Put("two/a", "3");
        await ExpectAsync(socket, ("modified", "two/a"));
        await socket.SayAsync("""{"action":"unwatch","path":"one"}""");
        await socket.SayAsync("""{"action":"unwatch","path":"missing"}""");
        Assert.Equal("RESOURCE_NOT_FOUND", (await HearAnswerAsync(socket)).Code);
        Put("one/a", "3");
        Put("two/a", "4");
        await ExpectAsync(socket, ("modified", "two/a"));
    }

    [Fact]
    public async Task A_watched_directory_that_is_removed_is_told_of()
    {
        Directory.CreateDirectory(In("d"));
        using var socket = await WatchAsync("d");
        Directory.Delete(In("d"));
        await ExpectAsync(socket, ("deleted", "d"));
    }

    [Fact]
    public async Task What_cannot_be_watched_is_refused_and_the_socket_goes_on()
    {
        File.CreateSymbolicLink(In("out"), Agent.Outside);
        using var socket = await AgentSocket.OpenAsync(Agent, "/files/watch?pacing=off");
        foreach (var (message, code) in new[]
        {
            ("""{"action":"watch","path":"missing"}""", "FILE_NOT_FOUND"),
            ("""{"action":"watch","path":"/etc"}""", "PATH_NOT_ALLOWED"),
            ("""{"action":"watch","path":"out"}""", "PATH_NOT_ALLOWED"),
            ("""{"action":"watch"}""", "MISSING_PARAMETER"),
            ("""{"action":"dance","path":"."}""", "INVALID_REQUEST"),
            ("[]", "INVALID_JSON"),
            ("""{"action":5}""", "INVALID_JSON"),
        })
        {
            await socket.SayAsync(message);
            var refused = await HearAsync(socket);
            Assert.True(refused.Type is "error" && refused.Code == code && refused.Error == refused.Message, $"{message}: {refused}");
        }

        await socket.SayAsync($$"""{"action":"watch","path":"{{Agent.Workdir}}"}""");
        Assert.Equal("watching", (await HearAsync(socket)).Type);
    }

    [Fact]
    public async Task A_request_that_is_no_upgrade_and_one_without_a_token_are_refused()
    {
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Get, "/files/watch");
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        socket.Options.SetRequestHeader("Authorization", "Bearer wrong");
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri("ws://agent/files/watch"), Agent.Http, Token));
        Assert.Equal(HttpStatusCode.Unauthorized, socket.HttpStatusCode);
    }

    [Fact]
    public async Task More_than_the_kernel_remembers_is_told_as_an_overflow_and_the_watch_goes_on()
    {
        Directory.CreateDirectory(In("d"));
        using var socket = await WatchAsync("/workspace");
        // Written twice as fast as anybody can read, over and over the same few names, so that only the kernel's queue fills. Read meanwhile: who does not read is cut off.
        var writing = WriteAsync();
        var types = new HashSet<string>();
        while (await HearAsync(socket) is var change && change.Path != In("after/deep/last"))
        {
            types.Add(change.Type);
            if (change.Type is "overflow" && writing.IsCompleted)
            {
                Put("after/deep/last", "2");
            }
        }

        await writing;
        Assert.All(types, type => Assert.Contains(type, new[] { "change", "overflow" }));

        async Task WriteAsync()
        {
            await Agent.RunAsync($"cd {In("d")} && python3 -c \"import os\nfor i in range(120000):\n  n='f%d' % (i % 50)\n  open(n,'w').close()\n  os.unlink(n)\"", timeout: 100);
            Directory.CreateDirectory(In("after/deep"));
            Put("after/deep/last", "1");
        }
    }

    [Fact]
    public async Task A_hundred_thousand_files_are_watched()
    {
        await Agent.RunAsync($"cd {Agent.Workdir} && for d in $(seq 1000); do mkdir $d; done && python3 -c \"for i in range(100000): open('%d/f%d' % (i // 100 + 1, i),'w').close()\"", timeout: 100);
        using var socket = await WatchAsync("/workspace");
        Put("777/f77650", "x");
        await ExpectAsync(socket, ("modified", "777/f77650"));
        File.Delete(In("1000/f99999"));
        await ExpectAsync(socket, ("deleted", "1000/f99999"));
    }

    [Fact]
    public async Task All_watches_are_given_back_when_the_client_leaves()
    {
        var budget = (WatchBudget)Agent.Services.GetService(typeof(WatchBudget))!;
        Put("a/b/c", "1");
        using (await WatchAsync("/workspace"))
        {
            Assert.Equal(3, budget.Taken);
        }

        await TestWait.UntilAsync(() => budget.Taken == 0, TestContext.Current.CancellationToken);
    }

    private async Task<AgentSocket> WatchAsync(string path)
    {
        var socket = await AgentSocket.OpenAsync(Agent, "/files/watch?pacing=off");
        await socket.SayAsync($$"""{"action":"watch","path":"{{(path == "/workspace" ? Agent.Workdir : path)}}"}""");
        Assert.Equal("watching", (await HearAsync(socket)).Type);
        return socket;
    }

    private static Task<FileChange> HearAsync(AgentSocket socket) => socket.HearAsync(HopxJson.Default.FileChange);

    // What was written in two steps may be told of as modified once more, before the answer to what was said later.
    private static async Task<FileChange> HearAnswerAsync(AgentSocket socket)
    {
        FileChange heard;
        do
        {
            heard = await HearAsync(socket);
        }
        while (heard.Event is "modified");
        return heard;
    }

    // What is new, or written in two steps, may be told of as modified once more.
    private async Task ExpectAsync(AgentSocket socket, params (string Event, string Name)[] expected)
    {
        foreach (var (what, name) in expected)
        {
            FileChange change;
            do
            {
                change = await HearAsync(socket);
            }
            while (change.Event is "modified" && (what, In(name)) != (change.Event, change.Path));
            Assert.Equal((what, In(name)), (change.Event, change.Path));
        }
    }
}
