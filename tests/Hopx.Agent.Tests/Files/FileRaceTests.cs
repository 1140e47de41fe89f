using System.Net;
using Hopx.Client;

namespace Hopx.Agent.Tests;

/// <summary>Code in the sandbox that changes a path between the check and the use, and writes of two callers at once.</summary>
public sealed class FileRaceTests : FileTest
{
    private const int Swaps = 10_000;

    [Fact]
    public async Task A_directory_that_is_swapped_for_a_link_ten_thousand_times_never_leads_outside()
    {
        Directory.CreateDirectory(In("inside"));
        await File.WriteAllTextAsync(In("inside/secret"), "harmless", Token);
        Directory.CreateDirectory(In("swap"));
        File.CreateSymbolicLink(In("link"), "../outside");
        await File.WriteAllTextAsync(In("swap/secret"), "harmless", Token);
        const uint Exchange = 2;
        var swaps = 0;
        var swapping = Task.Run(
            () =>
            {
                for (; swaps < Swaps || swaps % 2 == 1; swaps++)
                {
                    Assert.Equal(0, Libc.Rename(Libc.AtFdCwd, In("swap"), Libc.AtFdCwd, In("link"), Exchange));
                    Thread.Yield();
                }
            },
            Token);
        var calls = 0;
        do
        {
            foreach (var (method, path, json) in new[]
            {
                (HttpMethod.Get, "/files/read?path=swap/secret", null),
                (HttpMethod.Get, "/files/read?path=swap/secret&offset=1", null),
                (HttpMethod.Get, "/files/checksum?path=swap/secret", null),
                (HttpMethod.Get, "/files/search?path=swap&pattern=secret", null),
                (HttpMethod.Get, "/files/find?pattern=*", null),
                (HttpMethod.Get, "/files/list?path=swap", null),
                (HttpMethod.Post, "/files/write", """{"path":"swap/written","content":"x"}"""),
                (HttpMethod.Post, "/files/mkdir", """{"path":"swap/made"}"""),
                (HttpMethod.Post, "/files/edit", """{"path":"swap/secret","old_text":"s","new_text":"t"}"""),
                (HttpMethod.Post, "/files/chmod", """{"path":"swap/secret","mode":"0777"}"""),
                (HttpMethod.Post, "/files/chmod", """{"path":".","mode":"0755","recursive":true}"""),
                (HttpMethod.Post, "/files/copy", """{"from":"inside/secret","to":"swap/copied"}"""),
                (HttpMethod.Post, "/files/copy", """{"from":"swap/secret","to":"copied","overwrite":true}"""),
                (HttpMethod.Post, "/files/move", """{"from":"swap/secret","to":"moved","overwrite":true}"""),
                (HttpMethod.Delete, "/files/remove?path=swap/written", (string?)null),
            })
            {
                var (status, body) = await Agent.SendAsync(method, path, json);
                Assert.True((int)status < 500, $"{path}: {status} {body}");
                Assert.False(status is HttpStatusCode.OK && body.TryGetProperty("content", out var content) && content.GetString() == "secret", $"{path} gave what is outside");
                Assert.False(status is HttpStatusCode.OK && body.TryGetProperty("count", out var count) && path.Contains("search", StringComparison.Ordinal) && count.GetInt32() > 0, body.ToString());
                calls++;
            }
        }
        while (!swapping.IsCompleted);
        await swapping;
        AssertNothingOutsideWasTouched();
        Assert.True(calls > 0 && swaps >= Swaps);
        foreach (var copy in new[] { "copied", "moved" }.Where(name => File.Exists(In(name)) && new FileInfo(In(name)).LinkTarget is null))
        {
            Assert.NotEqual("secret", Get(copy));
        }
    }

    [Fact]
    public async Task Whoever_reads_sees_one_whole_version()
    {
        const int Size = 300_000;
        await PostAsync("/files/write", $$"""{"path":"a","content":"{{new string('0', Size)}}"}""");
        using var done = new CancellationTokenSource();
        var writing = Enumerable.Range(1, 3).Select(async writer =>
        {
            for (var i = 0; i < 25; i++)
            {
                await PostAsync("/files/write", $$"""{"path":"a","content":"{{new string((char)('0' + writer), Size)}}"}""");
            }
        }).ToArray();
        var all = Task.WhenAll(writing);
        do
        {
            var read = await GetAsync("/files/read?path=a", HopxJson.Default.FileContent);
            Assert.Equal(new string(read.Content[0], Size), read.Content);
        }
        while (!all.IsCompleted);
        await all;
        Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(Agent.Workdir).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Of_many_who_may_not_overwrite_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => Agent.SendAsync(
            HttpMethod.Post, "/files/write", $$"""{"path":"one","content":"{{number}}","overwrite":false}""")));
        Assert.Single(answers, answer => answer.Status is HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer.Status is not HttpStatusCode.OK), answer => Assert.Equal("FILE_ALREADY_EXISTS", answer.Body.GetProperty("code").GetString()));
        Assert.Equal(["one"], Directory.EnumerateFileSystemEntries(Agent.Workdir).Select(Path.GetFileName));
    }
}
