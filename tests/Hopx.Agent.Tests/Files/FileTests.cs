using System.Net;
using System.Text;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class FileTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new();

    public async ValueTask InitializeAsync()
    {
        await _agent.InitializeAsync();
        Directory.CreateDirectory(_agent.Workdir);
        await File.WriteAllTextAsync(Path.Combine(_agent.Outside, "secret"), "secret");
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task Paths_outside_the_roots_are_refused_on_every_route()
    {
        File.CreateSymbolicLink(In("absolute"), Path.Combine(_agent.Outside, "secret"));
        File.CreateSymbolicLink(In("relative"), "../outside/secret");
        File.CreateSymbolicLink(In("directory"), "../outside");
        File.CreateSymbolicLink(In("dangling"), Path.Combine(_agent.Outside, "new"));
        foreach (var path in new[] { "/etc/passwd", "../outside/secret", In("../outside/secret"), In("absolute"), In("relative"), In("directory/secret"), "/proc/self/root/etc/passwd" })
        {
            await AssertNotAllowedAsync(HttpMethod.Get, $"/files/read?path={Uri.EscapeDataString(path)}");
            await AssertNotAllowedAsync(HttpMethod.Get, $"/files/download?path={Uri.EscapeDataString(path)}");
            await AssertNotAllowedAsync(HttpMethod.Get, $"/files/exists?path={Uri.EscapeDataString(path)}");
            await AssertNotAllowedAsync(HttpMethod.Post, "/files/write", $$"""{"path":"{{path}}","content":"x"}""");
            await AssertNotAllowedAsync(HttpMethod.Post, "/files/mkdir", $$"""{"path":"{{path}}/x"}""");
            await AssertNotAllowedAsync(HttpMethod.Get, $"/files/list?path={Uri.EscapeDataString(path)}");
        }

        await AssertNotAllowedAsync(HttpMethod.Post, "/files/write", $$"""{"path":"{{In("dangling")}}","content":"x"}""");
        await AssertNotAllowedAsync(HttpMethod.Post, "/files/write", $$"""{"path":"{{In("directory/new")}}","content":"x"}""");
        await AssertNotAllowedAsync(HttpMethod.Delete, "/files/remove?path=directory/secret");
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(_agent.Outside).Select(Path.GetFileName));
        Assert.Equal("secret", await File.ReadAllTextAsync(Path.Combine(_agent.Outside, "secret"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_root_that_became_a_link_is_refused()
    {
        Directory.Delete(_agent.OtherRoot);
        File.CreateSymbolicLink(_agent.OtherRoot, _agent.Outside);
        await AssertNotAllowedAsync(HttpMethod.Get, $"/files/read?path={_agent.OtherRoot}/secret");
        File.Delete(_agent.OtherRoot);
    }

    [Fact]
    public async Task Links_that_stay_inside_are_followed()
    {
        await File.WriteAllTextAsync(Path.Combine(_agent.OtherRoot, "a"), "from the other root", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(In("across"), Path.Combine(_agent.OtherRoot, "a"));
        File.CreateSymbolicLink(In("around"), In("../workspace/across"));
        Assert.Equal("from the other root", (await ReadAsync("across")).Content);
        Assert.Equal("from the other root", (await ReadAsync("around")).Content);
        await WriteAsync("around", "new");
        Assert.Equal("new", await File.ReadAllTextAsync(Path.Combine(_agent.OtherRoot, "a"), TestContext.Current.CancellationToken));
        Assert.NotNull(new FileInfo(In("around")).LinkTarget);
    }

    [Fact]
    public async Task A_link_that_is_switched_all_the_time_never_leads_outside()
    {
        Directory.CreateDirectory(In("inside"));
        await File.WriteAllTextAsync(In("inside/secret"), "harmless", TestContext.Current.CancellationToken);
        using var done = new CancellationTokenSource();
        var switcher = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    foreach (var target in new[] { "inside", "../outside" })
                    {
                        File.Delete(In("next"));
                        File.CreateSymbolicLink(In("next"), target);
                        Assert.Equal(0, Libc.Rename(Libc.AtFdCwd, In("next"), Libc.AtFdCwd, In("switch"), 0));
                    }
                }
            },
            TestContext.Current.CancellationToken);
        for (var i = 0; i < 500; i++)
        {
            var (status, body) = await _agent.SendAsync(HttpMethod.Get, "/files/read?path=switch/secret");
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Forbidden or HttpStatusCode.NotFound, $"{status}: {body}");
            Assert.DoesNotContain("\"secret\"", body.TryGetProperty("content", out var content) ? content.GetRawText() : "", StringComparison.Ordinal);
            await _agent.SendAsync(HttpMethod.Post, "/files/write", """{"path":"switch/written","content":"x"}""");
        }

        await done.CancelAsync();
        await switcher;
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(_agent.Outside).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Bad_paths_and_parameters_are_refused()
    {
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Get, "/files/read");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Get, "/files/read?path=a%00b");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Get, $"/files/read?path={new string('a', 300)}");
        await _agent.AssertRefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", HttpMethod.Get, "/files/read?path=missing");
        await _agent.AssertRefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", HttpMethod.Get, "/files/download?path=missing");
        await _agent.AssertRefusedAsync(HttpStatusCode.NotFound, "FILE_NOT_FOUND", HttpMethod.Delete, "/files/remove?path=missing");
        await _agent.AssertRefusedAsync(HttpStatusCode.NotFound, "DIRECTORY_NOT_FOUND", HttpMethod.Get, "/files/list?path=missing");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Get, $"/files/read?path={_agent.Workdir}");
        await _agent.AssertRefusedAsync(HttpStatusCode.Forbidden, "PATH_NOT_ALLOWED", HttpMethod.Delete, $"/files/remove?path={_agent.Workdir}");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/files/write", """{"path":"a"}""");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/files/write", """{"path":"a","content":"%%","encoding":"base64"}""");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/files/write", """{"path":"a","content":"x","mode":"rw"}""");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_agent.Workdir));
    }

    [Fact]
    public async Task Text_and_bytes_come_back_as_they_were_written()
    {
        await WriteAsync("deep/er/a b.txt", "grüße\n");
        var text = await ReadAsync("deep/er/a b.txt");
        Assert.Equal(("grüße\n", 8L, null), (text.Content, text.Size, text.IsBinary));
        await _agent.SendAsync(HttpMethod.Post, "/files/write", """{"path":"b.bin","content":"/wD+","encoding":"base64","mode":"0755"}""");
        var (_, body) = await _agent.SendAsync(HttpMethod.Get, "/files/read?path=b.bin&encoding=base64");
        Assert.Equal("/wD+", body.GetProperty("content").GetString());
        var binary = await ReadAsync("b.bin");
        Assert.Equal((3L, true), (binary.Size, binary.IsBinary));
        Assert.Equal((UnixFileMode)Convert.ToInt32("755", 8), File.GetUnixFileMode(In("b.bin")));
    }

    [Fact]
    public async Task A_file_keeps_its_mode_and_is_not_overwritten_against_the_callers_wish()
    {
        await _agent.SendAsync(HttpMethod.Post, "/files/write", """{"path":"run.sh","content":"1","mode":"0750"}""");
        await WriteAsync("run.sh", "2");
        Assert.Equal((UnixFileMode)Convert.ToInt32("750", 8), File.GetUnixFileMode(In("run.sh")));
        await _agent.AssertRefusedAsync(
            HttpStatusCode.Conflict, "FILE_ALREADY_EXISTS", HttpMethod.Post, "/files/write", """{"path":"run.sh","content":"3","overwrite":false}""");
        Assert.Equal("2", await File.ReadAllTextAsync(In("run.sh"), TestContext.Current.CancellationToken));
        Assert.Equal(["run.sh"], Directory.EnumerateFileSystemEntries(_agent.Workdir).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Pipes_and_devices_are_refused_without_waiting()
    {
        await _agent.RunAsync($"mkfifo {In("pipe")}; ln -s /dev/zero {In("zero")}");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Get, "/files/read?path=pipe");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Get, "/files/download?path=pipe");
        await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Post, "/files/write", """{"path":"pipe","content":"x"}""");
        await AssertNotAllowedAsync(HttpMethod.Get, "/files/read?path=zero");
    }

    [Fact]
    public async Task A_file_too_large_to_read_is_left_to_the_download()
    {
        using (var file = File.Create(In("large")))
        {
            file.SetLength(100 * 1024 * 1024);
        }

        await _agent.AssertRefusedAsync(HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE", HttpMethod.Get, "/files/read?path=large");
        using var response = await _agent.Http.GetAsync("/files/download?path=large", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(100 * 1024 * 1024, response.Content.Headers.ContentLength);
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Directories_are_made_listed_and_removed_whole()
    {
        await _agent.SendAsync(HttpMethod.Post, "/files/mkdir", """{"path":"d/e"}""");
        var (again, _) = await _agent.SendAsync(HttpMethod.Post, "/files/mkdir", """{"path":"d/e"}""");
        Assert.Equal(HttpStatusCode.OK, again);
        await WriteAsync("d/a.txt", "12345");
        File.CreateSymbolicLink(In("d/link"), _agent.Outside);
        var (_, body) = await _agent.SendAsync(HttpMethod.Get, "/files/list?path=d");
        var list = body.Deserialize(HopxJson.Default.FileList)!;
        Assert.Equal(["a.txt", "e", "link"], list.Files!.Select(file => file.Name));
        Assert.Equal([(5L, false, "-rw-r--r--"), (list.Files![1].Size, true, "drwxr-xr-x")], list.Files!.Take(2).Select(file => (file.Size, file.IsDirectory, file.Permissions)));
        var (removed, _) = await _agent.SendAsync(HttpMethod.Delete, "/files/remove", """{"path":"d"}""");
        Assert.Equal(HttpStatusCode.OK, removed);
        Assert.False(Directory.Exists(In("d")));
        Assert.True(File.Exists(Path.Combine(_agent.Outside, "secret")));
    }

    [Fact]
    public async Task A_very_deep_directory_is_removed()
    {
        await _agent.RunAsync("for i in $(seq 1500); do mkdir x; cd x; done; touch f");
        var (status, body) = await _agent.SendAsync(HttpMethod.Delete, "/files/remove?path=x");
        Assert.True(status is HttpStatusCode.OK, body.ToString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_agent.Workdir));
    }

    [Fact]
    public async Task Existence_is_told()
    {
        await WriteAsync("a", "x");
        foreach (var (path, expected) in new[] { ("a", true), ("b", false), ("a/b", false), (_agent.Workdir, true) })
        {
            var (_, body) = await _agent.SendAsync(HttpMethod.Get, $"/files/exists?path={path}");
            Assert.Equal(expected, body.GetProperty("exists").GetBoolean());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_names_its_path_before_or_after_the_file(bool pathFirst)
    {
        var bytes = new byte[3 * 1024 * 1024];
        new Random(7).NextBytes(bytes);
        using var form = new MultipartFormDataContent();
        var path = new StringContent("up/");
        var file = new ByteArrayContent(bytes);
        if (pathFirst)
        {
            form.Add(path, "path");
            form.Add(file, "file", "data.bin");
        }
        else
        {
            form.Add(file, "file", "data.bin");
            form.Add(path, "path");
        }

        using var response = await _agent.Http.PostAsync("/files/upload", form, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(In("up/data.bin"), TestContext.Current.CancellationToken));
        Assert.Equal(["up"], Directory.EnumerateFileSystemEntries(_agent.Workdir).Select(Path.GetFileName));
        Assert.Equal(bytes, await _agent.Http.GetByteArrayAsync("/files/download?path=up/data.bin", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Uploads_that_fail_leave_nothing_behind()
    {
        using var noPath = new MultipartFormDataContent { { new ByteArrayContent(new byte[100]), "file", "a" } };
        using var outside = new MultipartFormDataContent { { new ByteArrayContent(new byte[100]), "file", "a" }, { new StringContent("/etc/x"), "path" } };
        using var noFile = new MultipartFormDataContent { { new StringContent("a"), "path" } };
        using var cut = new ByteArrayContent(Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhello"));
        cut.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        using var noForm = new StringContent("hello");
        foreach (var (content, status) in new (HttpContent, HttpStatusCode)[] { (noPath, HttpStatusCode.BadRequest), (outside, HttpStatusCode.Forbidden), (noFile, HttpStatusCode.BadRequest), (cut, HttpStatusCode.BadRequest), (noForm, HttpStatusCode.BadRequest) })
        {
            using var response = await _agent.Http.PostAsync("/files/upload", content, TestContext.Current.CancellationToken);
            Assert.Equal(status, response.StatusCode);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_agent.Workdir));
    }

    private string In(string name) => Path.Combine(_agent.Workdir, name);

    private async Task AssertNotAllowedAsync(HttpMethod method, string path, string? json = null)
    {
        var (status, body) = await _agent.SendAsync(method, path, json);
        Assert.True(status is HttpStatusCode.Forbidden, $"{method} {path} {json}: {status} {body}");
        Assert.Equal("PATH_NOT_ALLOWED", body.GetProperty("code").GetString());
    }

    private async Task<FileContent> ReadAsync(string path)
    {
        var (status, body) = await _agent.SendAsync(HttpMethod.Get, $"/files/read?path={Uri.EscapeDataString(path)}");
        Assert.True(status is HttpStatusCode.OK, body.ToString());
        return body.Deserialize(HopxJson.Default.FileContent)!;
    }

    private async Task WriteAsync(string path, string content)
    {
        var (status, body) = await _agent.SendAsync(
            HttpMethod.Post, "/files/write", JsonSerializer.Serialize(new WriteFileRequest { Path = path, Content = content }, HopxJson.Default.WriteFileRequest));
        Assert.True(status is HttpStatusCode.OK, body.ToString());
    }
}
