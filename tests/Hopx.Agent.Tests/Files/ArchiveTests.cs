using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class ArchiveTests : FileTest
{
    [Theory]
    [InlineData("tar.gz")]
    [InlineData("tar")]
    public async Task A_directory_goes_out_and_comes_in_again(string format)
    {
        Put("d/a", "1");
        Put("d/e/b.sh", "2");
        File.SetUnixFileMode(In("d/e/b.sh"), (UnixFileMode)Convert.ToInt32("755", 8));
        File.CreateSymbolicLink(In("d/link"), "e/b.sh");
        Put("d/node_modules/x", "left out");
        await Agent.RunAsync($"mkfifo {In("d/pipe")}; touch -d '2020-01-02 03:04:05' {In("d/a")}; printf n > $'{In("d")}/n\\xff'");
        var archive = await Agent.Http.GetByteArrayAsync($"/files/archive?path=d&format={format}&exclude=node_modules", Token);
        var unpacked = await UnpackAsync("new/place", archive);
        Assert.Equal((3L, 1L, 1L, 3L), (unpacked.Files, unpacked.Directories, unpacked.Links, unpacked.Bytes));
        await Agent.RunAsync($"rm -r {In("d/pipe")} {In("d/node_modules")}");
        Assert.Equal("", (await Agent.RunAsync($"diff -r {In("d")} {In("new/place")}")).Stdout);
        Assert.Equal("e/b.sh", new FileInfo(In("new/place/link")).LinkTarget);
        Assert.Equal(File.GetUnixFileMode(In("d/e/b.sh")), File.GetUnixFileMode(In("new/place/e/b.sh")));
        Assert.Equal(File.GetLastWriteTimeUtc(In("d/a")), File.GetLastWriteTimeUtc(In("new/place/a")));
    }

    [Fact]
    public async Task The_tar_of_the_system_reads_and_writes_the_same()
    {
        Put("d/" + new string('n', 200) + "/" + new string('m', 200), "long");
        Put("d/a", "1");
        await File.WriteAllBytesAsync(In("out.tgz"), await Agent.Http.GetByteArrayAsync("/files/archive?path=d", Token), Token);
        await Agent.RunAsync($"mkdir {In("x")} && tar xzf {In("out.tgz")} -C {In("x")} && tar czf {In("in.tgz")} -C {In("x")} .");
        Assert.Equal("", (await Agent.RunAsync($"diff -r {In("d")} {In("x")}")).Stdout);
        await UnpackAsync("y", await File.ReadAllBytesAsync(In("in.tgz"), Token));
        Assert.Equal("", (await Agent.RunAsync($"diff -r {In("d")} {In("y")}")).Stdout);
    }

    [Fact]
    public async Task One_file_can_be_packed()
    {
        Put("a", "1");
        await UnpackAsync("x", await Agent.Http.GetByteArrayAsync("/files/archive?path=a", Token));
        Assert.Equal("1", Get("x/a"));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/etc/evil")]
    public async Task Names_that_lead_out_are_refused_and_nothing_is_left(string name)
    {
        var archive = Pack(Entry("good", "x"), Entry(name, "evil"));
        await AssertRefusedAsync(archive, "new", HttpStatusCode.BadRequest, "INVALID_REQUEST");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Agent.Workdir));
    }

    [Fact]
    public async Task Links_that_lead_out_are_passed_over_and_never_written_through()
    {
        Put("target/keep", "1");
        File.CreateSymbolicLink(In("target/out"), Agent.Outside);
        var unpacked = await UnpackAsync("target", Pack(
            Link(TarEntryType.SymbolicLink, "up", "../../outside"),
            Link(TarEntryType.SymbolicLink, "root", "/etc"),
            Link(TarEntryType.HardLink, "hard", "missing/secret"),
            Link(TarEntryType.SymbolicLink, "inside", "keep"),
            Link(TarEntryType.HardLink, "same", "keep")));
        Assert.Equal((2L, 3L), (unpacked.Links, unpacked.Skipped));
        await AssertRefusedAsync(Pack(Entry("out/secret", "evil")), "target", HttpStatusCode.BadRequest, "INVALID_PATH");
        await AssertRefusedAsync(Pack(Link(TarEntryType.HardLink, "x", "../outside/secret")), "target", HttpStatusCode.BadRequest, "INVALID_REQUEST");
        var replaced = await UnpackAsync("target", Pack(Entry("out", "a file now")));
        Assert.Equal((1L, "a file now"), (replaced.Files, Get("target/out")));
        AssertNothingOutsideWasTouched();
    }

    [Fact]
    public async Task Broken_archives_are_refused()
    {
        var good = Pack(Entry("a", new string('x', 100_000)));
        foreach (var bad in new[] { good[..(good.Length / 2)], Encoding.ASCII.GetBytes("this is no archive, whatever you may think of it, not at all"), [0x1F, 0x8B, 1, 2, 3], Compress(good)[..200] })
        {
            await AssertRefusedAsync(bad, "new", HttpStatusCode.BadRequest, "INVALID_REQUEST");
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Agent.Workdir));
    }

    [Fact]
    public async Task A_bomb_is_refused_before_it_fills_the_disk()
    {
        await using var agent = new AgentFixture(new() { ["Files:UploadLimitBytes"] = "1048576" });
        await agent.InitializeAsync();
        using var content = new ByteArrayContent(Compress(Pack(Entry("zeros", new string('0', 20_000_000)))));
        using var response = await agent.Http.PostAsync("/files/archive?path=bomb", content, Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(agent.Workdir));
    }

    private static PaxTarEntry Entry(string name, string content) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };

    private static PaxTarEntry Link(TarEntryType type, string name, string target) => new(type, name) { LinkName = target };

    private static byte[] Pack(params TarEntry[] entries)
    {
        using var packed = new MemoryStream();
        using (var archive = new TarWriter(packed, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                archive.WriteEntry(entry);
            }
        }

        return packed.ToArray();
    }

    private static byte[] Compress(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    private async Task<FilesUnpacked> UnpackAsync(string path, byte[] archive)
    {
        using var content = new ByteArrayContent(archive);
        using var response = await Agent.Http.PostAsync($"/files/archive?path={path}", content, Token);
        var body = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode is HttpStatusCode.OK, body);
        return JsonSerializer.Deserialize(body, HopxJson.Default.FilesUnpacked)!;
    }

    private async Task AssertRefusedAsync(byte[] archive, string path, HttpStatusCode status, string code)
    {
        using var content = new ByteArrayContent(archive);
        using var response = await Agent.Http.PostAsync($"/files/archive?path={path}", content, Token);
        var body = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == status && JsonElement.Parse(body).GetProperty("code").GetString() == code, $"{response.StatusCode} {body}");
    }
}
