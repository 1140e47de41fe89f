using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class FilePartTests : FileTest
{
    [Theory]
    [InlineData("offset=2&limit=2", "two\nthree\n", 2, 2, null, true)]
    [InlineData("offset=3", "three\nfour", 3, 2, 4L, false)]
    [InlineData("limit=1", "one\n", 1, 1, null, true)]
    [InlineData("limit=4", "one\ntwo\nthree\nfour", 1, 4, 4L, false)]
    [InlineData("offset=9", "", 9, 0, 4L, false)]
    [InlineData("limit=0", "", 1, 0, null, true)]
    public async Task Lines_are_read_alone(string query, string content, long start, long count, long? total, bool hasMore)
    {
        Put("a", "one\ntwo\nthree\nfour");
        var read = await GetAsync($"/files/read?path=a&{query}", HopxJson.Default.FileContent);
        Assert.Equal((content, start, count, total, hasMore, 18L), (read.Content, read.StartLine, read.LineCount, read.TotalLines, read.HasMore, read.FileSize));
    }

    [Fact]
    public async Task Lines_of_a_large_file_are_read_without_the_rest()
    {
        await File.WriteAllLinesAsync(In("large"), Enumerable.Range(1, 3_000_000).Select(number => $"line {number}"), Token);
        var read = await GetAsync("/files/read?path=large&offset=2999999&limit=5", HopxJson.Default.FileContent);
        Assert.Equal(("line 2999999\nline 3000000\n", 3_000_000L), (read.Content, read.TotalLines));
        await RefusedAsync(HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE", HttpMethod.Get, "/files/read?path=large&offset=1");
    }

    [Theory]
    [InlineData("max_bytes=9", "one\ntwo\n", 1, 2, true)]
    [InlineData("max_bytes=8", "one\ntwo\n", 1, 2, true)]
    [InlineData("max_bytes=7", "one\n", 1, 1, true)]
    [InlineData("max_bytes=99", "one\ntwo\ndreißig\nvier", 1, 4, false)]
    [InlineData("offset=2&limit=1&max_bytes=99", "two\n", 2, 1, true)]
    [InlineData("offset=4&max_bytes=4", "vier", 4, 1, false)]
    [InlineData("offset=9&max_bytes=9", "", 9, 0, false)]
    public async Task As_many_whole_lines_as_fit_are_read_and_all_are_counted(string query, string content, long start, long count, bool hasMore)
    {
        Put("a", "one\ntwo\ndreißig\nvier");
        var read = await GetAsync($"/files/read?path=a&{query}", HopxJson.Default.FileContent);
        Assert.Equal((content, start, count, 4L, hasMore, null), (read.Content, read.StartLine, read.LineCount, read.TotalLines, read.HasMore, read.IsLineCut));
    }

    [Theory]
    [InlineData(5, "drei")]
    [InlineData(6, "dreiß")]
    [InlineData(2, "dr")]
    public async Task A_first_line_that_does_not_fit_is_cut_between_characters(int bytes, string content)
    {
        Put("a", "one\ndreißig\nvier");
        var read = await GetAsync($"/files/read?path=a&offset=2&max_bytes={bytes}", HopxJson.Default.FileContent);
        Assert.Equal((content, true, 1L, 3L, null), (read.Content, read.IsLineCut, read.LineCount, read.TotalLines, read.IsBinary));
    }

    [Fact]
    public async Task Lines_that_span_what_is_read_at_once_are_whole()
    {
        var lines = Enumerable.Range(0, 40).Select(number => new string((char)('a' + (number % 26)), 17_000)).ToArray();
        await File.WriteAllLinesAsync(In("wide"), lines, Token);
        var read = await GetAsync("/files/read?path=wide&offset=7&max_bytes=90000", HopxJson.Default.FileContent);
        Assert.Equal(string.Concat(lines[6..11].Select(line => line + "\n")), read.Content);
        Assert.Equal((5L, 40L), (read.LineCount, read.TotalLines));
    }

    [Theory]
    [InlineData("byte_offset=2&byte_limit=3", "llo", 2, false)]
    [InlineData("byte_offset=1&byte_limit=2", "el", 1, true)]
    [InlineData("byte_offset=4", "o", 4, false)]
    [InlineData("byte_offset=99", "", 5, false)]
    public async Task Bytes_are_read_alone(string query, string content, long start, bool hasMore)
    {
        Put("a", "hello");
        var read = await GetAsync($"/files/read?path=a&{query}", HopxJson.Default.FileContent);
        Assert.Equal((content, start, hasMore, 5L), (read.Content, read.ByteOffset, read.HasMore, read.FileSize));
        var encoded = await GetAsync($"/files/read?path=a&encoding=base64&{query}", HopxJson.Default.FileContent);
        Assert.Equal(content, Encoding.UTF8.GetString(Convert.FromBase64String(encoded.Content)));
    }

    [Theory]
    [InlineData("offset=-1")]
    [InlineData("limit=many")]
    [InlineData("max_bytes=0")]
    [InlineData("offset=1&byte_offset=1")]
    [InlineData("encoding=utf-16")]
    public async Task Parts_that_make_no_sense_are_refused(string query)
    {
        Put("a", "hello");
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Get, $"/files/read?path=a&{query}");
    }

    [Theory]
    [InlineData("bytes=1-3", 206, "ell", "bytes 1-3/5")]
    [InlineData("bytes=3-", 206, "lo", "bytes 3-4/5")]
    [InlineData("bytes=-2", 206, "lo", "bytes 3-4/5")]
    [InlineData("bytes=0-99", 206, "hello", "bytes 0-4/5")]
    [InlineData("bytes=9-", 416, "", "bytes */5")]
    [InlineData("bytes=0-0,2-2", 200, "hello", null)]
    [InlineData("lines=1-2", 200, "hello", null)]
    public async Task A_range_of_a_download_is_sent_alone(string range, int status, string content, string? told)
    {
        Put("a", "hello");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/files/download?path=a");
        request.Headers.TryAddWithoutValidation("Range", range);
        using var response = await Agent.Http.SendAsync(request, Token);
        Assert.Equal((status, content), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token)));
        Assert.Equal(told, response.Content.Headers.TryGetValues("Content-Range", out var values) ? values.Single() : null);
    }

    [Fact]
    public async Task A_download_is_as_long_as_the_file_was_at_first()
    {
        var content = new byte[8 * 1024 * 1024];
        await File.WriteAllBytesAsync(In("growing"), content, Token);
        using var done = new CancellationTokenSource();
        var growing = Task.Run(
            async () =>
            {
                await using var file = new FileStream(In("growing"), FileMode.Append);
                for (var i = 0; i < 2000 && !done.IsCancellationRequested; i++)
                {
                    await file.WriteAsync(new byte[16 * 1024], CancellationToken.None);
                    await file.FlushAsync(CancellationToken.None);
                    await Task.Yield();
                }
            },
            Token);
        for (var i = 0; i < 5; i++)
        {
            using var response = await Agent.Http.GetAsync("/files/download?path=growing", Token);
            Assert.Equal(response.Content.Headers.ContentLength, (await response.Content.ReadAsByteArrayAsync(Token)).Length);
        }

        await done.CancelAsync();
        await growing;
    }

    [Fact]
    public async Task A_file_with_holes_keeps_its_size()
    {
        using (var file = File.Create(In("sparse")))
        {
            file.SetLength(3L * 1024 * 1024 * 1024);
            file.Seek(-3, SeekOrigin.End);
            file.Write("end"u8);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/files/download?path=sparse") { Headers = { Range = new RangeHeaderValue(null, 4) } };
        using var response = await Agent.Http.SendAsync(request, Token);
        Assert.Equal("\0end", await response.Content.ReadAsStringAsync(Token));
        await PostAsync("/files/copy", """{"from":"sparse","to":"copy"}""");
        Assert.Equal(3L * 1024 * 1024 * 1024, new FileInfo(In("copy")).Length);
        var blocks = (await Agent.RunAsync($"stat -c %b {In("copy")}")).Stdout;
        Assert.True(long.Parse(blocks, System.Globalization.CultureInfo.InvariantCulture) < 1000, $"{blocks} blocks");
    }

    [Fact]
    public async Task The_checksum_is_the_files()
    {
        Put("a", "hello");
        var told = await GetAsync("/files/checksum?path=a", HopxJson.Default.FileChecksum);
        Assert.Equal((Convert.ToHexStringLower(SHA256.HashData("hello"u8)), 5L), (told.Sha256, told.Size));
        await RefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", HttpMethod.Get, "/files/checksum?path=b");
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Get, "/files/checksum?path=.");
    }
}
