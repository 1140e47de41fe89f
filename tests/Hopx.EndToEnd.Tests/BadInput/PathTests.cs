using Hopx.EndToEnd.Tests.Program;
using ModelContextProtocol.Client;

namespace Hopx.EndToEnd.Tests.BadInput;

/// <summary>Paths that lead elsewhere: out of the two directories that file tools reach, or out of the sandbox.</summary>
public sealed class PathTests(StdioProgram program) : IClassFixture<StdioProgram>, IAsyncLifetime
{
    private const string Conversation = "paths";

    private string _secret = "";
    private string _planted = "";

    private McpClient Client => program.Client;

    public async ValueTask InitializeAsync()
    {
        // On the host, as open as a file can be, under a name that a sandbox might have too.
        _secret = Guid.NewGuid().ToString("N");
        _planted = Path.Combine("/tmp", $"hopx-planted-{_secret}");
        await File.WriteAllTextAsync(_planted, _secret, Patience.Token);
        await Client.DoAsync("run_command", new
        {
            command = "ln -sfn /etc /workspace/etc; ln -sfn /etc/passwd /workspace/passwd; ln -sfn loop /workspace/loop; ln -sfn /proc/1/root /workspace/root; ln -sfn /workspace /tmp/inside; echo ok > /workspace/mine",
            conversation = Conversation,
        });
    }

    public async ValueTask DisposeAsync()
    {
        var after = await Client.DoAsync("run_command", new { command = "echo still here; grep -c root: /etc/passwd", conversation = Conversation });
        Assert.Equal("still here\n1", after.Fact("stdout").Trim());
        Assert.Equal(_secret, await File.ReadAllTextAsync(_planted, Patience.Token));
        File.Delete(_planted);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("/proc/1/environ")]
    [InlineData("/.hopx/agent")]
    [InlineData("/workspace/../etc/passwd")]
    [InlineData("../etc/passwd")]
    [InlineData("/tmp/../root/.bashrc")]
    [InlineData("/workspacex/file")]
    [InlineData("/workspace/passwd")]
    [InlineData("/workspace/etc/passwd")]
    [InlineData("/workspace/root/etc/passwd")]
    [InlineData("/tmp/inside/../../etc/passwd")]
    public async Task A_path_outside_of_the_roots_is_refused_for_reading_and_for_writing(string path)
    {
        foreach (var (tool, arguments) in Calls(path))
        {
            var text = await Client.RefuseAsync(tool, arguments);

            Assert.DoesNotContain("root:x:0:0", text, StringComparison.Ordinal);
            Assert.Contains(path, text, StringComparison.Ordinal);
            Assert.Contains("/workspace and /tmp", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_directory_outside_of_the_roots_is_not_listed()
    {
        foreach (var path in new[] { "/", "/etc", "/workspace/..", "/workspace/etc", "/workspace/root" })
        {
            Assert.Contains("/workspace and /tmp", await Client.RefuseAsync("list_files", new { path, conversation = Conversation }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_link_that_stays_inside_is_followed_and_one_that_leads_nowhere_is_an_error()
    {
        Assert.Equal("ok", (await Client.DoAsync("read_file", new { path = "/tmp/inside/mine", conversation = Conversation })).Fact("content").Trim());

        Assert.Contains("/workspace/loop", await Client.RefuseAsync("read_file", new { path = "/workspace/loop", conversation = Conversation }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_host_is_not_there()
    {
        foreach (var path in new[] { _planted, $"/workspace/root{_planted}" })
        {
            Assert.DoesNotContain(_secret, (await Client.RefuseAsync("read_file", new { path, conversation = Conversation })).Replace(path, "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        var shell = await Client.DoAsync("run_command", new { command = $"cat {_planted} /proc/1/root{_planted} /proc/self/root{_planted} /..{_planted}; echo end", conversation = Conversation });
        Assert.Equal("end", shell.Fact("stdout").Trim());
    }

    [Theory]
    [InlineData("", "path is empty")]
    [InlineData("a\0b", "NUL")]
    [InlineData("/workspace/missing", "/workspace/missing")]
    [InlineData("/workspace", "/workspace")]
    public async Task A_path_that_is_no_file_is_told_why(string path, string expected) =>
        Assert.Contains(expected, await Client.RefuseAsync("read_file", new { path, conversation = Conversation }), StringComparison.Ordinal);

    private static IEnumerable<(string Tool, object Arguments)> Calls(string path) =>
    [
        ("read_file", new { path, conversation = Conversation }),
        ("read_file", new { path, encoding = "base64", conversation = Conversation }),
        ("write_file", new { path, content = "overwritten", conversation = Conversation }),
        ("edit_file", new { path, old_text = "root", new_text = "toor", conversation = Conversation }),
    ];
}
