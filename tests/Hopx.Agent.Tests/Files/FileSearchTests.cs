using System.Net;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class FileSearchTests : FileTest
{
    [Theory]
    [InlineData("*.py", "a.py,src/b.py,src/deep/c.py")]
    [InlineData("src/*.py", "src/b.py")]
    [InlineData("src/**/*.py", "src/b.py,src/deep/c.py")]
    [InlineData("**/c.*", "src/deep/c.py")]
    [InlineData("[ab].{py,txt}", "a.py,a.txt,src/b.py")]
    [InlineData("?.txt", "a.txt")]
    [InlineData("[!a].py", "src/b.py,src/deep/c.py")]
    [InlineData("*.md", "")]
    [InlineData("A.PY&ignore_case=true", "a.py")]
    [InlineData("deep&type=directory", "src/deep")]
    [InlineData("*.js&exclude=", ".git/x.js,node_modules/y.js")]
    [InlineData("*.js", "")]
    public async Task Files_are_found_by_name(string query, string expected)
    {
        foreach (var name in new[] { "a.py", "a.txt", "src/b.py", "src/deep/c.py", ".git/x.js", "node_modules/y.js" })
        {
            Put(name, "x");
        }

        var found = await GetAsync($"/files/find?pattern={query.Replace("{", "%7B", StringComparison.Ordinal)}", HopxJson.Default.FileFindResult);
        Assert.Equal(expected, string.Join(',', found.Files!.Select(file => Path.GetRelativePath(Agent.Workdir, file.Path))));
    }

    [Fact]
    public async Task Lines_are_found_with_number_column_and_context()
    {
        Put("a.txt", "one\r\ntwo needle\nthree\nfour\nfive needle needle");
        Put("b/c.txt", "näh needle\n");
        var found = await PostAsync("/files/search", """{"pattern":"ne+dle","context":1}""", HopxJson.Default.FileSearchResult);
        Assert.Equal([("a.txt", 2L, 5, "two needle"), ("a.txt", 5, 6, "five needle needle"), ("b/c.txt", 1, 5, "näh needle")], found.Matches!.Select(Describe));
        Assert.Equal(["one", "three", "four"], [.. found.Matches![0].Before!, .. found.Matches[0].After!, .. found.Matches[1].Before!, .. found.Matches[1].After!]);
        Assert.Equal((3, 2L, false), (found.Count, found.FilesSearched, found.Truncated));
    }

    [Theory]
    [InlineData("""{"pattern":"a.b","literal":true}""", "x a.b")]
    [InlineData("""{"pattern":"A\\.B","ignore_case":true}""", "x a.b")]
    [InlineData("""{"pattern":"^x a"}""", "x a.b,x aab")]
    [InlineData("""{"pattern":"b$"}""", "x a.b,x aab")]
    [InlineData("""{"pattern":"^$"}""", "")]
    [InlineData("""{"pattern":"\\s+a"}""", "x a.b,x aab")]
    [InlineData("""{"pattern":"b\\s+x"}""", null)]
    [InlineData("""{"pattern":"(?i)AAB"}""", "x aab")]
    [InlineData("""{"pattern":"aab","include":"*.txt"}""", "x aab")]
    [InlineData("""{"pattern":"aab","include":"*.md"}""", null)]
    [InlineData("""{"pattern":"aab","path":"a.txt"}""", "x aab")]
    public async Task Patterns_are_matched_line_by_line(string json, string? expected)
    {
        Put("a.txt", "x a.b\n\nx aab\n");
        var found = await PostAsync("/files/search", json, HopxJson.Default.FileSearchResult);
        Assert.Equal(expected, found.Count == 0 ? null : string.Join(',', found.Matches!.Select(match => match.Text)));
    }

    [Fact]
    public async Task Binary_files_ignored_directories_links_and_pipes_are_passed_over()
    {
        await File.WriteAllBytesAsync(In("binary"), [.. "needle"u8, 0, 1], Token);
        Put(".git/config", "needle");
        Put("node_modules/x/y.js", "needle");
        File.CreateSymbolicLink(In("link"), Path.Combine(Agent.Outside, "secret"));
        File.CreateSymbolicLink(In("out"), Agent.Outside);
        await Agent.RunAsync($"mkfifo {In("pipe")}");
        var found = await GetAsync("/files/search?pattern=needle|secret", HopxJson.Default.FileSearchResult);
        Assert.Equal((0, 1L, 1L), (found.Count, found.FilesSearched, found.BinaryFiles));
        Assert.Equal(2, (await GetAsync("/files/search?pattern=needle&exclude=", HopxJson.Default.FileSearchResult)).Count);
    }

    [Fact]
    public async Task A_search_ends_at_its_bounds_and_says_so()
    {
        Put("many", string.Concat(Enumerable.Repeat("needle\n", 10_000)));
        var some = await GetAsync("/files/search?pattern=needle&limit=7", HopxJson.Default.FileSearchResult);
        Assert.Equal((7, true, "limit"), (some.Count, some.Truncated, some.TruncatedBy));
        Assert.Equal([1L, 2, 3, 4, 5, 6, 7], some.Matches!.Select(match => match.Line));
        Put("wide", string.Concat(Enumerable.Repeat(new string('x', 400) + "needle\n", 5000)));
        var wide = await GetAsync("/files/search?pattern=xneedle&limit=5000", HopxJson.Default.FileSearchResult);
        Assert.Equal((true, "size"), (wide.Truncated, wide.TruncatedBy));
        var late = await GetAsync("/files/search?pattern=needle&limit=5000&timeout=0.0000001", HopxJson.Default.FileSearchResult);
        Assert.Equal((true, "time"), (late.Truncated, late.TruncatedBy));
        var few = await GetAsync("/files/find?pattern=*&limit=1", HopxJson.Default.FileFindResult);
        Assert.Equal((1, true, "limit"), (few.Count, few.Truncated, few.TruncatedBy));
    }

    [Fact]
    public async Task Lines_longer_than_the_buffer_and_matches_at_its_border_are_found()
    {
        Put("long", new string('x', 700_000) + "needle" + new string('y', 700_000) + "\nlast needle");
        var random = new Random(3);
        var text = new StringBuilder();
        var expected = new List<long>();
        for (var line = 1; line <= 60_000; line++)
        {
            var isMatch = random.Next(500) == 0;
            text.Append(new string('z', random.Next(30))).Append(isMatch ? "needle" : "need").Append('\n');
            if (isMatch)
            {
                expected.Add(line);
            }
        }

        Put("many", text.ToString());
        var found = await GetAsync("/files/search?pattern=needle&limit=5000", HopxJson.Default.FileSearchResult);
        Assert.Equal([1, 2], found.Matches!.Where(match => match.Path.EndsWith("long", StringComparison.Ordinal)).Select(match => match.Line));
        Assert.True(found.Matches![0].Text.Length < 510);
        Assert.Equal(expected, found.Matches!.Where(match => match.Path.EndsWith("many", StringComparison.Ordinal)).Select(match => match.Line));
        var regex = await GetAsync("/files/search?pattern=needl[e]&limit=5000&context=2", HopxJson.Default.FileSearchResult);
        Assert.Equal(found.Matches!.Select(Describe), regex.Matches!.Select(Describe));
        Assert.All(regex.Matches!.Skip(3), match => Assert.Equal(2, match.Before!.Count));
    }

    [Theory]
    [InlineData("/files/search?pattern=", "MISSING_PARAMETER")]
    [InlineData("/files/search?pattern=(", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=(?=a)b", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=(a)%5C1", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=a%0Ab", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=a&limit=0", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=a&limit=x", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=a&timeout=-1", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=a&context=1000", "INVALID_REQUEST")]
    [InlineData("/files/search?pattern=a&include=[z", "INVALID_REQUEST")]
    [InlineData("/files/find?pattern=%7Ba", "INVALID_REQUEST")]
    [InlineData("/files/find?pattern=[z-a]", "INVALID_REQUEST")]
    [InlineData("/files/find?type=socket", "INVALID_REQUEST")]
    public async Task A_search_that_makes_no_sense_is_refused(string path, string code) =>
        await RefusedAsync(HttpStatusCode.BadRequest, code, HttpMethod.Get, path);

    [Fact]
    public async Task A_pattern_made_to_take_for_ever_does_not()
    {
        Put("a", new string('a', 100_000) + "!");
        Assert.Equal(0, (await GetAsync("/files/search?pattern=(a%2B)%2B$", HopxJson.Default.FileSearchResult)).Count);
        Put(new string('a', 200), "");
        Assert.Equal(0, (await GetAsync("/files/find?pattern=" + string.Concat(Enumerable.Repeat("*a", 60)) + "*b", HopxJson.Default.FileFindResult)).Count);
    }

    private (string, long, int, string) Describe(FileMatch match) => (Path.GetRelativePath(Agent.Workdir, match.Path), match.Line, match.Column, match.Text);
}
