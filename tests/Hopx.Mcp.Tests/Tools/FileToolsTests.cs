using System.Text;

namespace Hopx.Mcp.Tests.Tools;

/// <summary>In a sandbox of hopx-mcp's own, whose agent searches and edits by itself.</summary>
public sealed class FileToolsTests() : FileToolsTest(hasAdditions: true)
{
    [Fact]
    public async Task An_edit_is_one_call()
    {
        Files.Write("/workspace/a.txt", "one\ntwo\n");

        var edited = (await Mcp.CallAsync("edit_file", new { path = "a.txt", old_text = "two", new_text = "2", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal(["POST /files/edit"], FileRequests());
        Assert.Contains("one\n2", edited.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_a_few_lines_or_bytes_gets_no_more_than_those()
    {
        Files.Write("/workspace/a.txt", string.Concat(Enumerable.Repeat("0123456789\n", 5000)));

        (await Mcp.CallAsync("read_file", new { path = "a.txt", offset = 5, limit = 2, sandbox_id = Id }, Stop)).Succeeded();
        var bytes = (await Mcp.CallAsync("read_file", new { path = "a.txt", encoding = "base64", offset = 11, limit = 3, sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal(["GET /files/read", "GET /files/download"], FileRequests());
        Assert.Equal("MDEy", bytes.Fact("content"));
        Assert.Equal(("55000", "14"), (bytes.Fact("size_bytes"), bytes.Fact("next_offset")));
    }

    [Fact]
    public async Task Bytes_after_the_end_are_none()
    {
        Files.Write("/workspace/a.bin", new byte[] { 1, 2, 3 });

        var read = (await Mcp.CallAsync("read_file", new { path = "a.bin", encoding = "base64", offset = 10, sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal(("", "3", null), (read.Fact("content"), read.Fact("size_bytes"), read.Fact("next_offset")));
    }

    [Fact]
    public async Task Files_are_found_by_name_in_the_whole_tree()
    {
        Files.Write("/workspace/src/deep/a.py", "x");
        Files.Write("/workspace/src/b.txt", "x");

        var found = (await Mcp.CallAsync("list_files", new { pattern = "*.py", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal("1", found.Fact("total"));
        Assert.Contains(" src/deep/a.py", found.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("b.txt", found.Text(), StringComparison.Ordinal);
        Assert.Contains("Nothing in /workspace matches *.rs", (await Mcp.CallAsync("list_files", new { pattern = "*.rs", sandbox_id = Id }, Stop)).Succeeded().Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_are_found_by_what_they_hold()
    {
        Files.Write("/workspace/src/a.py", "import os\ndef area(r):\n    pass\n");
        Files.Write("/workspace/src/a.txt", "def area\n");

        var found = (await Mcp.CallAsync("list_files", new { path = "src", pattern = "*.py", text = "def \\w+", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Contains("a.py:2: def area(r):", found.Text(), StringComparison.Ordinal);
        Assert.Contains("1 lines match, 1 files searched", found.Text(), StringComparison.Ordinal);
        Assert.Contains("\"line\":2", found.StructuredContent.ToString(), StringComparison.Ordinal);
        Assert.Contains("no line matches", (await Mcp.CallAsync("list_files", new { text = "nowhere", sandbox_id = Id }, Stop)).Succeeded().Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Findings_over_the_limit_say_how_to_get_the_others()
    {
        for (var i = 0; i < 300; i++)
        {
            Files.Write($"/workspace/many/{i:D4}.txt", "1");
        }

        var found = (await Mcp.CallAsync("list_files", new { pattern = "*.txt", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Contains("entries are shown. Narrow path, pattern or text", found.Text(), StringComparison.Ordinal);
        Assert.InRange(found.Text().Length, 1000, 6000);
    }
}

/// <summary>In a sandbox of the HopX cloud, whose agent reads and writes whole files only.</summary>
public sealed class CloudFileToolsTests() : FileToolsTest(hasAdditions: false)
{
    [Fact]
    public async Task Searching_is_refused_with_what_to_do_instead()
    {
        var byName = (await Mcp.CallAsync("list_files", new { pattern = "*.py", sandbox_id = Id }, Stop)).Failed();
        var byContent = (await Mcp.CallAsync("list_files", new { text = "x", sandbox_id = Id }, Stop)).Failed();

        Assert.Contains("run_command with find or grep -rn", byName, StringComparison.Ordinal);
        Assert.Contains("run_command with find or grep -rn", byContent, StringComparison.Ordinal);
    }
}

/// <summary>What the tools do wherever the sandbox is.</summary>
public abstract class FileToolsTest(bool hasAdditions) : CloudTest, IAsyncLifetime
{
    internal McpHarness Mcp { get; private set; } = null!;

    internal string Id { get; private set; } = "";

    internal Hopx.Testing.FakeFiles Files => Cloud.Find(Id)!.Files;

    internal IEnumerable<string> FileRequests() =>
        Cloud.Requests.All.Where(request => request.Path.StartsWith("/files/", StringComparison.Ordinal)).Select(request => $"{request.Method} {request.Path}");

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Cloud.HasFileAdditions = hasAdditions;
        Mcp = await McpHarness.StartAsync(Cloud, options => (options.MaxFileBytes, options.OutputBudget) = (100_000, 5_000));
        Id = (await Mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Succeeded().Fact("sandbox_id")!;
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await Mcp.DisposeAsync();
        await DisposeAsync();
    }

    [Fact]
    public async Task What_was_written_is_read_back_with_its_lines_counted()
    {
        var written = (await Mcp.CallAsync("write_file", new { path = "notes/a.txt", content = "one\ntwo\nthrée\n", sandbox_id = Id }, Stop)).Succeeded();
        Assert.Equal("15", written.Fact("bytes"));
        Assert.Equal("/workspace/notes/a.txt", written.Fact("path"));

        var read = (await Mcp.CallAsync("read_file", new { path = "notes/a.txt", sandbox_id = Id }, Stop)).Succeeded();
        Assert.Equal("one\ntwo\nthrée\n", read.Fact("content"));
        Assert.Equal(("1", "3", "3", "15"), (read.Fact("first_line"), read.Fact("last_line"), read.Fact("total_lines"), read.Fact("size_bytes")));
    }

    [Fact]
    public async Task A_range_of_lines_can_be_read_and_says_where_to_go_on()
    {
        Files.Write("/workspace/a.txt", string.Concat(Enumerable.Range(1, 100).Select(i => $"line {i}\n")));

        var read = (await Mcp.CallAsync("read_file", new { path = "a.txt", offset = 10, limit = 2, sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal("line 10\nline 11\n", read.Fact("content"));
        Assert.Equal("12", read.Fact("next_offset"));
        Assert.Contains("lines 10 to 11 of 100", read.Text(), StringComparison.Ordinal);
        Assert.Contains("there is no line 101", (await Mcp.CallAsync("read_file", new { path = "a.txt", offset = 101, sandbox_id = Id }, Stop)).Succeeded().Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_over_the_budget_is_read_part_by_part_without_a_gap()
    {
        var all = string.Concat(Enumerable.Range(1, 2000).Select(i => $"line {i} é\n"));
        Files.Write("/workspace/a.txt", all);

        var text = new StringBuilder();
        for (string? offset = "1"; offset is not null;)
        {
            var read = (await Mcp.CallAsync("read_file", new { path = "a.txt", offset = int.Parse(offset, null), sandbox_id = Id }, Stop)).Succeeded();
            Assert.InRange(read.Fact("content")!.Length, 1, 5_000);
            text.Append(read.Fact("content"));
            offset = read.Fact("next_offset");
        }

        Assert.Equal(all, text.ToString());
    }

    [Fact]
    public async Task A_line_without_end_is_cut_and_says_so()
    {
        Files.Write("/workspace/a.txt", new string('x', 300_000));

        var read = (await Mcp.CallAsync("read_file", new { path = "a.txt", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal(5_000, read.Fact("content")!.Length);
        Assert.Contains("Line 1 is too long", read.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_binary_file_is_named_as_such_and_can_be_read_as_base64_in_parts()
    {
        var bytes = Enumerable.Range(0, 10_000).Select(i => (byte)i).ToArray();
        Files.Write("/workspace/a.bin", bytes);

        var asText = (await Mcp.CallAsync("read_file", new { path = "a.bin", sandbox_id = Id }, Stop)).Succeeded();
        Assert.Null(asText.Fact("content"));
        Assert.Contains("binary file of 10000 bytes", asText.Text(), StringComparison.Ordinal);

        var back = new List<byte>();
        for (string? offset = "0"; offset is not null;)
        {
            var read = (await Mcp.CallAsync("read_file", new { path = "a.bin", encoding = "base64", offset = int.Parse(offset, null), sandbox_id = Id }, Stop)).Succeeded();
            back.AddRange(Convert.FromBase64String(read.Fact("content")!));
            offset = read.Fact("next_offset");
        }

        Assert.Equal(bytes, back);
    }

    [Fact]
    public async Task Control_characters_of_a_file_are_shown_as_symbols()
    {
        Files.Write("/workspace/a.txt", "a\u001b[31mb\u202ec\r\nd\r\n");

        var read = (await Mcp.CallAsync("read_file", new { path = "a.txt", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal("a␛[31mb\\u{202e}c\nd\n", read.Fact("content"));
        Assert.Contains("encoding base64 gives the exact bytes", read.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Base64_content_is_written_as_bytes_and_what_is_none_is_refused()
    {
        (await Mcp.CallAsync("write_file", new { path = "/tmp/a.bin", content = "AAEC/w==", encoding = "base64", sandbox_id = Id }, Stop)).Succeeded();
        Assert.Equal<byte>([0, 1, 2, 255], Files.Read("/tmp/a.bin").ToArray());

        Assert.Contains("not valid base64", (await Mcp.CallAsync("write_file", new { path = "/tmp/b.bin", content = "%%%", encoding = "base64", sandbox_id = Id }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.False(Files.Exists("/tmp/b.bin"));
    }

    [Fact]
    public async Task Content_over_the_limit_is_refused()
    {
        var text = (await Mcp.CallAsync("write_file", new { path = "a.txt", content = new string('é', 60_000), sandbox_id = Id }, Stop)).Failed();

        Assert.Contains("content has 120000 bytes; at most 100000", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edit_changes_the_one_place_and_keeps_the_rest_byte_for_byte()
    {
        Files.Write("/workspace/a.py", "\ufeffx = 1\ny = 2\n");

        var edited = (await Mcp.CallAsync("edit_file", new { path = "a.py", old_text = "y = 2", new_text = "y = 3", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal("\ufeffx = 1\ny = 3\n", Files.ReadText("/workspace/a.py"));
        Assert.Equal("1", edited.Fact("replacements"));
    }

    [Fact]
    public async Task An_edit_that_does_not_fit_says_why_and_changes_nothing()
    {
        const string Text = "def area(r):\n    return 3 * r\n\ndef area2(r):\n    return 3 * r\n";
        Files.Write("/workspace/a.py", Text);

        var absent = (await Mcp.CallAsync("edit_file", new { path = "a.py", old_text = "def area(r):\n\treturn 3", new_text = "x", sandbox_id = Id }, Stop)).Failed();
        Assert.Contains("Closest is line 1: \"def area(r):\"", absent, StringComparison.Ordinal);
        var twice = (await Mcp.CallAsync("edit_file", new { path = "a.py", old_text = "return 3 * r", new_text = "x", sandbox_id = Id }, Stop)).Failed();
        Assert.Contains("occurs 2 times in a.py (lines 2, 5)", twice, StringComparison.Ordinal);
        Assert.Contains("old_text is empty", (await Mcp.CallAsync("edit_file", new { path = "a.py", old_text = "", new_text = "x", sandbox_id = Id }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Equal(Text, Files.ReadText("/workspace/a.py"));

        var all = (await Mcp.CallAsync("edit_file", new { path = "a.py", old_text = "return 3 * r", new_text = "return 3.14 * r * r", replace_all = true, sandbox_id = Id }, Stop)).Succeeded();
        Assert.Equal("2", all.Fact("replacements"));
    }

    [Fact]
    public async Task An_edit_never_makes_a_file()
    {
        var text = (await Mcp.CallAsync("edit_file", new { path = "none.txt", old_text = "a", new_text = "b", sandbox_id = Id }, Stop)).Failed();

        Assert.Contains("File not found: /workspace/none.txt", text, StringComparison.Ordinal);
        Assert.Contains("Call list_files", text, StringComparison.Ordinal);
        Assert.False(Files.Exists("none.txt"));
    }

    [Fact]
    public async Task An_edit_keeps_the_line_ends_of_Windows()
    {
        Files.Write("/workspace/a.txt", "one\r\ntwo\r\nthree\r\n");

        (await Mcp.CallAsync("edit_file", new { path = "a.txt", old_text = "one\ntwo", new_text = "1\n2", sandbox_id = Id }, Stop)).Succeeded();

        Assert.Equal("1\r\n2\r\nthree\r\n", Files.ReadText("/workspace/a.txt"));
    }

    [Fact]
    public async Task A_binary_file_is_not_edited()
    {
        Files.Write("/workspace/a.bin", new byte[] { 0xff, 0xfe, 0x41 });

        Assert.Contains("is not UTF-8 text", (await Mcp.CallAsync("edit_file", new { path = "a.bin", old_text = "A", new_text = "B", sandbox_id = Id }, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_listed_one_level_deep_and_bounded()
    {
        Files.Write("/workspace/data/deep/x", "1");
        Files.Write("/workspace/a\u001b\n.txt", "12345");
        var listed = (await Mcp.CallAsync("list_files", new { sandbox_id = Id }, Stop)).Succeeded();
        Assert.Equal("2", listed.Fact("total"));
        Assert.Contains("5 a␛ .txt", listed.Text(), StringComparison.Ordinal);
        Assert.Contains("data/", listed.Text(), StringComparison.Ordinal);

        for (var i = 0; i < 300; i++)
        {
            Files.Write($"/workspace/many/{i:D4}.txt", "1");
        }

        var many = (await Mcp.CallAsync("list_files", new { path = "many", sandbox_id = Id }, Stop)).Succeeded();
        Assert.Contains("of 300 entries are shown", many.Text(), StringComparison.Ordinal);
        Assert.InRange(many.Text().Length, 1000, 6000);
    }

    [Theory]
    [InlineData("/etc/shadow")]
    [InlineData("../../etc/shadow")]
    public async Task A_path_outside_the_allowed_roots_is_told_with_what_is_allowed(string path)
    {
        foreach (var (tool, more) in new (string, Dictionary<string, object?>)[]
        {
            ("read_file", []),
            ("write_file", new() { ["content"] = "x" }),
            ("edit_file", new() { ["old_text"] = "x", ["new_text"] = "y" }),
            ("list_files", []),
        })
        {
            Dictionary<string, object?> arguments = new(more) { ["path"] = path, ["sandbox_id"] = Id };
            Assert.Contains("/workspace and /tmp", (await Mcp.CallAsync(tool, arguments, Stop)).Failed(), StringComparison.Ordinal);
        }
    }
}
