using System.Security.Cryptography;
using Hopx.Testing;

namespace Hopx.Client.Tests.Agent.Files;

public sealed class FilesClientTests : CloudTest
{
    [Fact]
    public async Task Text_is_written_and_read_back()
    {
        var files = (await CreateAgentAsync()).Files;

        var written = await files.WriteAsync("notes/a b&c#d+é.txt", "grüße\n", Token);
        var read = await files.ReadAsync("/workspace/notes/a b&c#d+é.txt", Token);

        Assert.Equal(("/workspace/notes/a b&c#d+é.txt", true, 8L), (written.Path, written.Success, written.Size));
        Assert.Equal(("grüße\n", 8L), (read.Content, read.Size));
    }

    [Fact]
    public async Task Bytes_are_written_and_read_back()
    {
        var files = (await CreateAgentAsync()).Files;
        byte[] content = [0, 255, 128, 10, 13];

        await files.WriteBytesAsync("/tmp/x.bin", content, Token);

        Assert.Equal(content, await files.ReadBytesAsync("/tmp/x.bin", Token));
        Assert.True((await files.ReadAsync("/tmp/x.bin", Token)).IsBinary);
    }

    [Fact]
    public async Task Bytes_are_right_also_where_the_service_reads_text_only()
    {
        var files = (await CreateAgentAsync()).Files;
        await files.WriteAsync("/tmp/x", "dGV4dA==", Token);
        Cloud.Answers.Add(HttpMethod.Get, "/files/read", PlannedAnswer.Json("""{"content":"dGV4dA==","path":"/tmp/x","size":8}"""));

        Assert.Equal("dGV4dA=="u8.ToArray(), await files.ReadBytesAsync("/tmp/x", Token));
    }

    [Fact]
    public async Task An_old_file_is_kept_when_asked()
    {
        var files = (await CreateAgentAsync()).Files;
        await files.WriteAsync("a.txt", "old", Token);

        var failure = await FailsAsync(() => files.WriteAsync(new WriteFileRequest { Path = "a.txt", Content = "new", Overwrite = false }, Token));

        Assert.Equal((HopxErrorCode.FileAlreadyExists, "/workspace/a.txt"), (failure.Code, failure.Path));
        Assert.Equal("old", (await files.ReadAsync("a.txt", Token)).Content);
    }

    [Fact]
    public async Task Directories_are_made_listed_and_removed()
    {
        var files = (await CreateAgentAsync()).Files;
        await files.MakeDirectoryAsync("/workspace/data/raw", Token);
        await files.WriteAsync("/workspace/data/a.csv", "1,2", Token);

        var list = await files.ListAsync("/workspace/data", Token);
        await files.RemoveAsync("/workspace/data", Token);

        Assert.Equal([("a.csv", false, 3L, "-rw-r--r--"), ("raw", true, 4096L, "drwxr-xr-x")], list.Files!.Select(file => (file.Name, file.IsDirectory, file.Size, file.Permissions)));
        Assert.Equal(Time.GetUtcNow(), list.Files![0].ModifiedTime);
        Assert.False(await files.ExistsAsync("/workspace/data/a.csv", Token));
        Assert.Empty((await files.ListAsync(cancellationToken: Token)).Files!);
    }

    [Fact]
    public async Task Either_spelling_of_an_entry_is_understood()
    {
        var files = (await CreateAgentAsync()).Files;
        Cloud.Answers.Add(HttpMethod.Get, "/files/list", PlannedAnswer.Json(
            """{"path":"/workspace","files":[{"name":"a","path":"/workspace/a","is_dir":true,"modified":"2026-01-05T10:00:00Z"},{"name":"b","path":"/workspace/b","is_directory":true,"modified_time":"2026-01-05T10:00:00Z","permissions":null}]}"""));

        var list = await files.ListAsync(cancellationToken: Token);

        Assert.All(list.Files!, file => Assert.Equal((true, true, Time.GetUtcNow(), Time.GetUtcNow(), ""), (file.IsDirectory, file.IsDir, file.ModifiedTime, file.Modified, file.Permissions)));
    }

    [Theory]
    [InlineData("/etc/shadow", HopxErrorCode.PathNotAllowed)]
    [InlineData("../etc/shadow", HopxErrorCode.PathNotAllowed)]
    [InlineData("/workspace/missing", HopxErrorCode.FileNotFound)]
    [InlineData("/workspace", HopxErrorCode.InvalidPath)]
    public async Task A_file_that_cannot_be_read_is_told_from_others(string path, HopxErrorCode expected)
    {
        var files = (await CreateAgentAsync()).Files;

        Assert.Equal(expected, (await FailsAsync(() => files.ReadAsync(path, Token))).Code);
        Assert.Equal(expected, (await FailsAsync(() => files.DownloadAsync(path, Token))).Code);
    }

    [Fact]
    public async Task A_large_file_streams_in_and_out()
    {
        var files = (await CreateAgentAsync()).Files;
        var content = new byte[20 << 20];
        Random.Shared.NextBytes(content);
        using var source = new MemoryStream(content);

        var uploaded = await files.UploadAsync("/workspace/big.bin", source, Token);
        await using var download = await files.DownloadAsync("/workspace/big.bin", Token);

        Assert.Equal(content.Length, uploaded.Size);
        Assert.Equal(SHA256.HashData(content), await SHA256.HashDataAsync(download, Token));
        Assert.True(source.CanRead);
    }

    [Fact]
    public async Task A_download_is_not_held_in_memory()
    {
        using var client = Cloud.CreateClient(options => options.MaxAnswerBytes = 1 << 20);
        var files = client.Agent((await CreateSandboxAsync()).Id).Files;
        Cloud.Sandboxes.Single().Files.Write("/tmp/big", new byte[5 << 20]);

        await using var download = await files.DownloadAsync("/tmp/big", Token);
        var read = 0L;
        var buffer = new byte[81920];
        int chunk;
        while ((chunk = await download.ReadAsync(buffer, Token)) > 0)
        {
            read += chunk;
        }

        Assert.Equal(5 << 20, read);
        Assert.Equal(HopxErrorCode.PayloadTooLarge, (await FailsAsync(() => files.ReadBytesAsync("/tmp/big", Token))).Code);
    }

    [Fact]
    public async Task An_upload_starts_again_where_it_began_when_the_token_was_stale()
    {
        var files = (await CreateAgentAsync()).Files;
        Cloud.Sandboxes.Single().RevokeTokens();
        using var source = new MemoryStream("skip-keep"u8.ToArray()) { Position = 5 };

        await files.UploadAsync("/workspace/part.txt", source, Token);

        Assert.Equal("keep", Cloud.Sandboxes.Single().Files.ReadText("/workspace/part.txt"));
        Assert.Equal(2, Cloud.Requests.Count(HttpMethod.Post, "/files/upload"));
    }

    [Theory]
    [InlineData("/workspace/a\"b.txt")]
    [InlineData("/workspace/a\nb.txt")]
    [InlineData("/workspace/grüße 日本.txt")]
    public async Task An_upload_may_have_any_name(string path)
    {
        var files = (await CreateAgentAsync()).Files;
        using var source = new MemoryStream("x"u8.ToArray());

        Assert.Equal(path, (await files.UploadAsync(path, source, Token)).Path);
    }

    [Fact]
    public async Task An_upload_that_could_not_be_repeated_is_refused_at_once()
    {
        var files = (await CreateAgentAsync()).Files;
        await using var pipe = new System.IO.Pipelines.Pipe().Reader.AsStream();

        await Assert.ThrowsAsync<ArgumentException>(() => files.UploadAsync("/workspace/a", pipe, Token));
    }

    [Fact]
    public async Task A_change_that_is_answered_without_content_has_happened()
    {
        var files = (await CreateAgentAsync()).Files;
        Cloud.Answers.Add(HttpMethod.Post, "/files/mkdir", PlannedAnswer.Json("", 204));
        Cloud.Answers.Add(HttpMethod.Delete, "/files/remove", PlannedAnswer.Json("""{"message":"removed"}"""));

        Assert.Equal(("/workspace/a", true), (await files.MakeDirectoryAsync("/workspace/a", Token)) is var made ? (made.Path, made.Success) : default);
        Assert.Equal(("/workspace/a", true), (await files.RemoveAsync("/workspace/a", Token)) is var removed ? (removed.Path, removed.Success) : default);
    }
}
