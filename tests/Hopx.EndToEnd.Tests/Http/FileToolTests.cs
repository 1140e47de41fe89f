using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>What the sandbox's own agent does for the tools of files and commands.</summary>
public sealed class FileToolTests(ServedProgram program) : IClassFixture<ServedProgram>
{
    [Fact]
    public async Task Files_are_found_by_name_and_content_and_edited_in_place()
    {
        await using var client = await program.Server.ConnectAsync();
        await client.DoAsync("run_command", new { command = "mkdir -p src/deep .git; printf 'one\\r\\ntwo\\r\\nthree\\r\\n' > src/deep/a.py; echo two > src/b.txt; echo two > .git/c.py", conversation = "files" });

        var byName = await client.DoAsync("list_files", new { pattern = "*.py", conversation = "files" });
        var byContent = await client.DoAsync("list_files", new { text = "^tw[o]", conversation = "files" });
        var both = await client.DoAsync("list_files", new { path = "src", pattern = "*.txt", text = "two", conversation = "files" });
        var edited = await client.DoAsync("edit_file", new { path = "src/deep/a.py", old_text = "one\ntwo", new_text = "1\n2", conversation = "files" });
        var bytes = await client.DoAsync("read_file", new { path = "src/deep/a.py", encoding = "base64", conversation = "files" });
        var refused = await client.RefuseAsync("edit_file", new { path = "src/deep/a.py", old_text = "thre\n", new_text = "3", conversation = "files" });
        var badPattern = await client.RefuseAsync("list_files", new { text = "(", conversation = "files" });

        Assert.Equal("1", byName.Fact("total"));
        Assert.Contains("src/deep/a.py", byName.Text(), StringComparison.Ordinal);
        Assert.Contains("src/deep/a.py:2: two", byContent.Text(), StringComparison.Ordinal);
        Assert.Contains("src/b.txt:1: two", byContent.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain(".git", byContent.Text(), StringComparison.Ordinal);
        Assert.Contains("b.txt:1: two", both.Text(), StringComparison.Ordinal);
        Assert.Equal("1", both.Fact("total"));
        Assert.Contains("1\n2\nthree", edited.Text(), StringComparison.Ordinal);
        Assert.Equal("1\r\n2\r\nthree\r\n", System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(bytes.Fact("content"))));
        Assert.Contains("Closest is line 3", refused, StringComparison.Ordinal);
        Assert.Contains("pattern", badPattern, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_asks_on_its_terminal_is_answered_by_a_job()
    {
        await using var client = await program.Server.ConnectAsync();

        var asked = await client.DoAsync("run_command", new { command = "read -rsp 'Password: ' word < /dev/tty; echo; echo got $word", terminal = true, conversation = "terminal" });
        var job = asked.Fact("job_id");
        Assert.Contains("Password:", asked.Fact("waiting_for"), StringComparison.Ordinal);
        Assert.Contains("its terminal", asked.Text(), StringComparison.Ordinal);
        await client.DoAsync("job", new { action = "input", job_id = job, text = "hush\n", conversation = "terminal" });
        var ended = await client.DoAsync("job", new { action = "wait", job_id = job, conversation = "terminal" });

        Assert.Contains("got hush", ended.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("waits for input", ended.Text(), StringComparison.Ordinal);
    }
}
