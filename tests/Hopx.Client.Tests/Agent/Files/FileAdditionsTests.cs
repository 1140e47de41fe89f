using System.Text.Json;
using Hopx.Testing;

namespace Hopx.Client.Tests.Agent.Files;

public sealed class FileAdditionsTests : CloudTest
{
    [Theory]
    [InlineData(1, null, "one\ntwo\nthree", 3, false)]
    [InlineData(2, 1L, "two\n", 1, true)]
    [InlineData(3, 5L, "three", 1, false)]
    [InlineData(7, 5L, "", 0, false)]
    [InlineData(1, 0L, "", 0, true)]
    public async Task Lines_are_chosen_here_where_the_service_sends_all(long offset, long? limit, string expected, long count, bool hasMore)
    {
        var files = (await CreateAgentAsync()).Files;
        await files.WriteAsync("/workspace/a", "one\ntwo\nthree", Token);

        var lines = await files.ReadLinesAsync("/workspace/a", offset, limit, Token);

        Assert.Equal((expected, offset, count, hasMore, 13L), (lines.Content, lines.StartLine, lines.LineCount, lines.HasMore, lines.FileSize));
        Assert.Contains($"offset={offset}", Cloud.Requests.Of(HttpMethod.Get, "/files/read").Single().Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_that_the_service_has_chosen_stay_as_they_are()
    {
        var files = (await CreateAgentAsync()).Files;
        Cloud.Answers.Add(HttpMethod.Get, "/files/read", PlannedAnswer.Json("""{"content":"five\n","path":"/a","size":5,"start_line":5,"line_count":1,"has_more":true,"file_size":99}"""));

        var lines = await files.ReadLinesAsync("/workspace/a", 5, 1, Token);

        Assert.Equal(("five\n", 5L, true, 99L), (lines.Content, lines.StartLine, lines.HasMore, lines.FileSize));
    }

    [Fact]
    public async Task Every_addition_sends_what_the_agent_reads()
    {
        var files = (await CreateAgentAsync()).Files;
        Plan(HttpMethod.Post, "/files/edit", """{"path":"/a","success":true,"replacements":2,"first_line":3,"size":4,"sha256":"ab"}""");
        Plan(HttpMethod.Post, "/files/move", """{"path":"/b","success":true}""");
        Plan(HttpMethod.Post, "/files/copy", """{"path":"/c","success":true}""");
        Plan(HttpMethod.Post, "/files/chmod", """{"path":"/a","success":true}""");
        Plan(HttpMethod.Get, "/files/checksum", """{"path":"/a","size":1,"sha256":"cd"}""");
        Plan(HttpMethod.Get, "/files/find", """{"path":"/","count":1,"truncated":true,"truncated_by":"limit","files":[{"name":"a","path":"/a"}]}""");
        Plan(HttpMethod.Post, "/files/search", """{"path":"/","count":1,"matches":[{"path":"/a","line":2,"column":1,"text":"x"}]}""");
        Plan(HttpMethod.Post, "/files/archive", """{"path":"/d","success":true,"files":3}""");
        Plan(HttpMethod.Get, "/files/archive", "packed");

        Assert.Equal((2, 3L, "ab"), await files.EditAsync(new EditFileRequest { Path = "/a", OldText = "x", NewText = "y", ReplaceAll = true }, Token) is var edited ? (edited.Replacements, edited.FirstLine, edited.Sha256) : default);
        Assert.Equal("/b", (await files.MoveAsync("/a", "/b", overwrite: true, Token)).Path);
        Assert.Equal("/c", (await files.CopyAsync("/a", "/c", cancellationToken: Token)).Path);
        Assert.True((await files.ChangeModeAsync("/a", "0755", recursive: true, Token)).Success);
        Assert.Equal("cd", (await files.GetChecksumAsync("/a", Token)).Sha256);
        Assert.Equal("limit", (await files.FindAsync("*.py", "/src", 5, ["x", "y"], Token)).TruncatedBy);
        Assert.Equal(2, (await files.SearchAsync(new SearchFilesRequest { Pattern = "x", Exclude = [] }, Token)).Matches!.Single().Line);
        using var archive = new MemoryStream([1, 2, 3, 4]) { Position = 2 };
        Assert.Equal(3, (await files.UploadArchiveAsync("/d", archive, Token)).Files);
        using var packed = new StreamReader(await files.DownloadArchiveAsync("/d", ["node_modules"], Token));
        Assert.Equal("packed", await packed.ReadToEndAsync(Token));

        Assert.Equal("""{"path":"/a","old_text":"x","new_text":"y","replace_all":true}""", BodyOf("/files/edit"));
        Assert.Equal("""{"from":"/a","to":"/b","overwrite":true}""", BodyOf("/files/move"));
        Assert.Equal("""{"from":"/a","to":"/c"}""", BodyOf("/files/copy"));
        Assert.Equal("""{"path":"/a","mode":"0755","recursive":true}""", BodyOf("/files/chmod"));
        Assert.Equal("""{"pattern":"x","exclude":[]}""", BodyOf("/files/search"));
        Assert.Equal([3, 4], Cloud.Requests.Of(HttpMethod.Post, "/files/archive").Single().Body.ToArray());
        Assert.Equal("?pattern=%2A.py&path=%2Fsrc&limit=5&exclude=x%2Cy", Cloud.Requests.Of(HttpMethod.Get, "/files/find").Single().Query);
        Assert.Equal("?path=%2Fd&exclude=node_modules", Cloud.Requests.Of(HttpMethod.Get, "/files/archive").Single().Query);
    }

    [Fact]
    public async Task A_service_without_an_addition_says_so()
    {
        var files = (await CreateAgentAsync()).Files;

        Assert.Equal(404, (await FailsAsync(() => files.EditAsync(new EditFileRequest { Path = "a", OldText = "b" }, Token))).StatusCode);
    }

    [Fact]
    public async Task Changes_are_told_until_the_watch_is_disposed()
    {
        var files = (await CreateAgentAsync()).Files;

        await using var watch = await files.WatchAsync("/workspace", Token);
        await watch.AddAsync("/tmp", Token);

        var seen = new List<string?>();
        await foreach (var change in watch.ReadAllAsync(Token))
        {
            seen.Add($"{change.Type} {change.Event} {change.Path}");
            if (seen.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["change created /workspace", "change created /tmp"], seen);
        Assert.Equal("off", Cloud.Requests.Of(HttpMethod.Get, "/files/watch").Single().Header("X-HOPX-Pacing"));
    }

    [Fact]
    public async Task What_cannot_be_watched_is_an_exception()
    {
        var files = (await CreateAgentAsync()).Files;
        await using var watch = await files.WatchAsync("missing", Token);

        var failure = await Assert.ThrowsAsync<HopxException>(async () => await watch.ReadAllAsync(Token).GetAsyncEnumerator(Token).MoveNextAsync());

        Assert.Equal((HopxErrorCode.FileNotFound, "missing"), (failure.Code, failure.Path));
    }

    [Fact]
    public async Task A_stale_token_is_refreshed_for_a_socket_too()
    {
        var files = (await CreateAgentAsync()).Files;
        Cloud.Sandboxes.Single().RevokeTokens();

        await using var watch = await files.WatchAsync("/workspace", Token);

        Assert.Equal(2, Cloud.Requests.Count(HttpMethod.Get, "/files/watch"));
    }

    private void Plan(HttpMethod method, string path, string json) => Cloud.Answers.Add(method, path, PlannedAnswer.Json(json));

    private string BodyOf(string path) => JsonElement.Parse(Cloud.Requests.Of(HttpMethod.Post, path).Single().BodyText).GetRawText();
}
