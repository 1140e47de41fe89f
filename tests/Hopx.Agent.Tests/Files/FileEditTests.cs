using System.Net;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class FileEditTests : FileTest
{
    [Fact]
    public async Task Text_that_stands_once_is_replaced()
    {
        Put("a", "one\ntwo\nthree\n");
        File.SetUnixFileMode(In("a"), (UnixFileMode)Convert.ToInt32("751", 8));
        var edited = await PostAsync("/files/edit", """{"path":"a","old_text":"two\n","new_text":"zwei\n"}""", HopxJson.Default.FileEdited);
        Assert.Equal((1, 2L, 15L, true), (edited.Replacements, edited.FirstLine, edited.Size, edited.Success));
        Assert.Equal("one\nzwei\nthree\n", Get("a"));
        Assert.Equal((UnixFileMode)Convert.ToInt32("751", 8), File.GetUnixFileMode(In("a")));
        Assert.Equal(edited.Sha256, (await GetAsync("/files/checksum?path=a", HopxJson.Default.FileChecksum)).Sha256);
        await PostAsync("/files/edit", """{"path":"a","old_text":"one\n"}""", HopxJson.Default.FileEdited);
        Assert.Equal("zwei\nthree\n", Get("a"));
    }

    [Fact]
    public async Task Text_that_is_not_unique_is_left_alone_unless_all_of_it_is_meant()
    {
        Put("a", "x\nx\nx");
        var (status, body) = await Agent.SendAsync(HttpMethod.Post, "/files/edit", """{"path":"a","old_text":"x","new_text":"y"}""");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("3 times", body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("lines 1, 2, 3", body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("x\nx\nx", Get("a"));
        Assert.Equal(3, (await PostAsync("/files/edit", """{"path":"a","old_text":"x","new_text":"yy","replace_all":true}""", HopxJson.Default.FileEdited)).Replacements);
        Assert.Equal("yy\nyy\nyy", Get("a"));
    }

    [Theory]
    [InlineData("""{"path":"a","old_text":"missing","new_text":"y"}""", HttpStatusCode.Conflict, "CONFLICT")]
    [InlineData("""{"path":"a","old_text":"a\nb","new_text":"y"}""", HttpStatusCode.Conflict, "CONFLICT")]
    [InlineData("""{"path":"a","old_text":"a","new_text":"y","expected_sha256":"00"}""", HttpStatusCode.Conflict, "CONFLICT")]
    [InlineData("""{"path":"a","old_text":"","new_text":"y"}""", HttpStatusCode.BadRequest, "MISSING_PARAMETER")]
    [InlineData("""{"path":"a","old_text":"a","new_text":"a"}""", HttpStatusCode.BadRequest, "INVALID_REQUEST")]
    [InlineData("""{"old_text":"a","new_text":"b"}""", HttpStatusCode.BadRequest, "MISSING_PARAMETER")]
    [InlineData("""{"path":"b","old_text":"a","new_text":"b"}""", HttpStatusCode.NotFound, "FILE_NOT_FOUND")]
    [InlineData("""{"path":".","old_text":"a","new_text":"b"}""", HttpStatusCode.BadRequest, "INVALID_PATH")]
    [InlineData("""{"path":"/etc/passwd","old_text":"root","new_text":"b"}""", HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED")]
    [InlineData("""{"path":1}""", HttpStatusCode.BadRequest, "INVALID_JSON")]
    public async Task Edits_that_cannot_be_made_change_nothing(string json, HttpStatusCode status, string code)
    {
        Put("a", "a\r\nb");
        await RefusedAsync(status, code, HttpMethod.Post, "/files/edit", json);
        Assert.Equal("a\r\nb", Get("a"));
    }

    [Theory]
    [InlineData(0, "b\nC\n")]
    [InlineData(1, "a\nb\nC\nd\n")]
    [InlineData(20, "a\nb\nC\nd\ne")]
    public async Task An_edit_shows_the_lines_around_it_when_asked(int context, string snippet)
    {
        Put("a", "a\nb\nc\nd\ne");
        var edited = await PostAsync("/files/edit", $$"""{"path":"a","old_text":"b\nc","new_text":"b\nC","context":{{context}}}""", HopxJson.Default.FileEdited);
        Assert.Equal((snippet, 2L), (edited.Snippet, edited.FirstLine));
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/files/edit", """{"path":"a","old_text":"a","new_text":"b","context":21}""");
    }

    [Fact]
    public async Task Plain_line_ends_fit_those_of_Windows_when_that_is_asked_for()
    {
        Put("a", "one\r\ntwo\r\nthree\r\n");
        await RefusedAsync(HttpStatusCode.Conflict, "CONFLICT", HttpMethod.Post, "/files/edit", """{"path":"a","old_text":"one\ntwo","new_text":"1\n2"}""");
        await PostAsync("/files/edit", """{"path":"a","old_text":"one\ntwo","new_text":"1\n2","adapt_line_ends":true}""", HopxJson.Default.FileEdited);
        Assert.Equal("1\r\n2\r\nthree\r\n", Get("a"));
    }

    [Fact]
    public async Task What_is_no_text_is_edited_unless_only_text_is_meant()
    {
        await File.WriteAllBytesAsync(In("a"), [0xff, 0, 0x41], Token);
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/files/edit", """{"path":"a","old_text":"A","new_text":"B","text_only":true}""");
        await PostAsync("/files/edit", """{"path":"a","old_text":"A","new_text":"B"}""", HopxJson.Default.FileEdited);
        Assert.Equal("ff0042", Convert.ToHexStringLower(await File.ReadAllBytesAsync(In("a"), Token)));
    }

    [Fact]
    public async Task An_edit_that_would_make_the_file_too_large_is_refused()
    {
        Put("a", new string('x', 1_000_000));
        await RefusedAsync(
            HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE", HttpMethod.Post, "/files/edit", $$"""{"path":"a","old_text":"x","new_text":"{{new string('y', 5000)}}","replace_all":true}""");
        Assert.Equal(1_000_000, new FileInfo(In("a")).Length);
    }

    [Fact]
    public async Task Edits_at_the_same_time_do_not_lose_each_other()
    {
        const int Edits = 60;
        Put("a", string.Concat(Enumerable.Range(0, Edits).Select(number => $"<{number}>\n")));
        File.CreateSymbolicLink(In("same"), "a");
        await Task.WhenAll(Enumerable.Range(0, Edits).Select(number => PostAsync(
            "/files/edit", $$"""{"path":"{{(number % 2 == 0 ? "a" : "same")}}","old_text":"<{{number}}>","new_text":"[{{number}}]"}""", HopxJson.Default.FileEdited)));
        Assert.Equal(string.Concat(Enumerable.Range(0, Edits).Select(number => $"[{number}]\n")), Get("a"));
        Assert.NotNull(new FileInfo(In("same")).LinkTarget);
    }
}
