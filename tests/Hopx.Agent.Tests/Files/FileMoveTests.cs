using System.Net;

namespace Hopx.Agent.Tests;

public sealed class FileMoveTests : FileTest
{
    [Fact]
    public async Task Files_and_directories_are_moved()
    {
        Put("a", "1");
        Put("d/inner/b", "2");
        Assert.Equal(In("new/a2"), (await PostAsync("/files/move", """{"from":"a","to":"new/a2"}""")).Path);
        Assert.Equal(In("new/d"), (await PostAsync("/files/move", """{"from":"d","to":"new/"}""")).Path);
        Assert.Equal(("1", "2"), (Get("new/a2"), Get("new/d/inner/b")));
        Assert.Equal(["new"], Directory.EnumerateFileSystemEntries(Agent.Workdir).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Files_and_directories_are_copied_with_modes_and_links()
    {
        Put("d/run.sh", "echo");
        File.SetUnixFileMode(In("d/run.sh"), (UnixFileMode)Convert.ToInt32("755", 8));
        File.CreateSymbolicLink(In("d/link"), "run.sh");
        File.CreateSymbolicLink(In("d/out"), Agent.Outside);
        await Agent.RunAsync($"mkfifo {In("d/pipe")}; chmod 500 {In("d")}");
        await PostAsync("/files/copy", """{"from":"d","to":"e"}""");
        await Agent.RunAsync($"chmod 700 {In("d")} {In("e")}");
        Assert.Equal(["link", "out", "run.sh"], Directory.EnumerateFileSystemEntries(In("e")).Select(Path.GetFileName).Order());
        Assert.Equal("run.sh", new FileInfo(In("e/link")).LinkTarget);
        Assert.Equal(File.GetUnixFileMode(In("d/run.sh")), File.GetUnixFileMode(In("e/run.sh")));
        Put("d/run.sh", "changed");
        Assert.Equal("echo", Get("e/run.sh"));
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Post, "/files/copy", """{"from":"d/pipe","to":"f"}""");
        AssertNothingOutsideWasTouched();
    }

    [Theory]
    [InlineData("move")]
    [InlineData("copy")]
    public async Task What_cannot_be_done_changes_nothing(string verb)
    {
        Put("a", "a");
        Put("b", "b");
        Put("d/c", "c");
        File.CreateSymbolicLink(In("out"), Agent.Outside);
        foreach (var (json, status, code) in new[]
        {
            ("""{"from":"a","to":"b"}""", HttpStatusCode.Conflict, "FILE_ALREADY_EXISTS"),
            ("""{"from":"a","to":"a"}""", HttpStatusCode.BadRequest, "INVALID_PATH"),
            ("""{"from":"d","to":"d/e/f"}""", HttpStatusCode.BadRequest, "INVALID_PATH"),
            ("""{"from":"missing","to":"x"}""", HttpStatusCode.NotFound, "FILE_NOT_FOUND"),
            ("""{"from":"a"}""", HttpStatusCode.BadRequest, "MISSING_PARAMETER"),
            ("""{"to":"a"}""", HttpStatusCode.BadRequest, "MISSING_PARAMETER"),
            ("""{"from":".","to":"x"}""", HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED"),
            ("""{"from":"/etc/passwd","to":"x"}""", HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED"),
            ("""{"from":"a","to":"/etc/x"}""", HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED"),
            ("""{"from":"a","to":"out/x"}""", HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED"),
            ("""{"from":"out/secret","to":"x"}""", HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED"),
            ("""{"from":"a/x","to":"y"}""", HttpStatusCode.NotFound, "FILE_NOT_FOUND"),
        })
        {
            var (answered, body) = await Agent.SendAsync(HttpMethod.Post, $"/files/{verb}", json);
            Assert.True(answered == status && body.GetProperty("code").GetString() == code, $"{json}: {answered} {body}");
        }

        Assert.Equal(["a", "b", "d", "out"], Directory.EnumerateFileSystemEntries(Agent.Workdir).Select(Path.GetFileName).Order());
        Assert.Equal(("a", "b", "c"), (Get("a"), Get("b"), Get("d/c")));
        AssertNothingOutsideWasTouched();
    }

    [Fact]
    public async Task An_old_file_is_replaced_when_that_is_asked_for()
    {
        Put("a", "a");
        Put("b", "b");
        Put("d/c", "c");
        await PostAsync("/files/copy", """{"from":"a","to":"b","overwrite":true}""");
        Assert.Equal("a", Get("b"));
        await PostAsync("/files/move", """{"from":"d/c","to":"b","overwrite":true}""");
        Assert.Equal("c", Get("b"));
        Put("d/c", "c");
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Post, "/files/move", """{"from":"d","to":"a","overwrite":true}""");
    }

    [Fact]
    public async Task A_link_is_moved_itself()
    {
        Put("a", "a");
        File.CreateSymbolicLink(In("link"), "a");
        await PostAsync("/files/move", """{"from":"link","to":"other"}""");
        Assert.Equal("a", new FileInfo(In("other")).LinkTarget);
        Assert.Equal("a", Get("a"));
    }

    [Fact]
    public async Task Modes_are_changed_and_links_do_not_lead_them_astray()
    {
        Put("d/a", "a");
        Put("d/e/b", "b");
        File.CreateSymbolicLink(In("d/link"), Path.Combine(Agent.Outside, "secret"));
        var before = File.GetUnixFileMode(Path.Combine(Agent.Outside, "secret"));
        await PostAsync("/files/chmod", """{"path":"d/a","mode":"0640"}""");
        Assert.Equal((UnixFileMode)Convert.ToInt32("640", 8), File.GetUnixFileMode(In("d/a")));
        await PostAsync("/files/chmod", """{"path":"d","mode":"0700","recursive":true}""");
        foreach (var name in new[] { "d", "d/a", "d/e", "d/e/b" })
        {
            Assert.Equal((UnixFileMode)Convert.ToInt32("700", 8), File.GetUnixFileMode(In(name)));
        }

        Assert.Equal(before, File.GetUnixFileMode(Path.Combine(Agent.Outside, "secret")));
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/files/chmod", """{"path":"d","mode":"rwx"}""");
        await RefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/files/chmod", """{"path":"d"}""");
        await RefusedAsync(HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED", HttpMethod.Post, "/files/chmod", """{"path":"d/link","mode":"0777"}""");
    }
}
