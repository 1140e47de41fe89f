using System.Globalization;

namespace Hopx.SemanticKernel.Tests.Files;

public sealed class FileFunctionTests : FunctionTest
{
    protected override HopxFunctionOptions Options { get; } = new() { MaxOutputCharacters = 500 };

    [Fact]
    public async Task What_was_written_is_read_back()
    {
        Assert.StartsWith("Wrote 6 characters to /workspace/notes/a.txt.", await CallForTextAsync("write_file", ("path", "notes/a.txt"), ("content", "grüße\n")), StringComparison.Ordinal);

        Assert.Equal("grüße\n", await CallForTextAsync("read_file", ("path", "/workspace/notes/a.txt")));
    }

    [Fact]
    public async Task A_long_file_is_read_part_by_part_without_a_gap()
    {
        var whole = string.Concat(Enumerable.Range(1, 200).Select(line => string.Create(CultureInfo.InvariantCulture, $"line {line}\n")));
        await PutAsync("/workspace/long.txt", whole);

        var read = "";
        var next = 1;
        do
        {
            var text = await CallForTextAsync("read_file", ("path", "/workspace/long.txt"), ("first_line", next));
            Assert.InRange(text.Length, 1, 600);
            var note = text.LastIndexOf("[cut after line", StringComparison.Ordinal);
            read += note < 0 ? text : text[..note];
            next = note < 0 ? 0 : int.Parse(text[(text.LastIndexOf('=') + 1)..^1], CultureInfo.InvariantCulture);
        }
        while (next > 0);

        Assert.Equal(whole, read);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_cut_and_said()
    {
        await PutAsync("/workspace/one-line.json", "first\n" + string.Concat(Enumerable.Repeat("😀", 100_000)));

        var text = await CallForTextAsync("read_file", ("path", "/workspace/one-line.json"), ("first_line", 2));

        Assert.Contains("[cut within line 2", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', text);
    }

    [Theory]
    [InlineData("", 1, "[f is empty]")]
    [InlineData("a\nb", 3, "[f has only 2 lines]")]
    [InlineData("a\nb", 2, "b")]
    public async Task The_edges_of_a_file_are_told(string content, int firstLine, string expected)
    {
        await PutAsync("/workspace/f", content);

        Assert.Equal(expected, await CallForTextAsync("read_file", ("path", "f"), ("first_line", firstLine)));
    }

    [Theory]
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0xFF, 0xFE })]
    [InlineData(new byte[] { 65, 0, 66 })]
    public async Task A_file_that_is_no_text_is_not_shown(byte[] content)
    {
        await PutAsync("/workspace/x.bin", "");
        Cloud.Sandboxes.Single().Files.Write("/workspace/x.bin", content);

        Assert.Contains("is not a text file in UTF-8. Look at it with run_command", await CallForTextAsync("read_file", ("path", "x.bin")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/etc/shadow", "Use a path under /workspace or /tmp.")]
    [InlineData("missing.txt", "find /workspace")]
    public async Task An_error_says_what_to_do(string path, string advice)
    {
        var text = await CallForTextAsync("read_file", ("path", path));

        Assert.StartsWith("Error: ", text, StringComparison.Ordinal);
        Assert.Contains(advice, text, StringComparison.Ordinal);
    }

    private async Task PutAsync(string path, string content)
    {
        await CallAsync("run_command", ("command", "true"));
        Cloud.Sandboxes.Single().Files.Write(path, content);
    }
}
