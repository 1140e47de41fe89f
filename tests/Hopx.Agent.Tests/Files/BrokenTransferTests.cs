using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hopx.Testing;

namespace Hopx.Agent.Tests;

/// <summary>Transfers that end too early, and a disk that is full.</summary>
public sealed class BrokenTransferTests : FileTest
{
    [Fact]
    public async Task An_upload_that_is_cut_leaves_nothing_and_the_old_file()
    {
        Put("a", "old");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Agent.Home, "agent.sock")), Token);
            var head = $"POST /files/upload?path=a HTTP/1.1\r\nHost: agent\r\nAuthorization: {Agent.Http.DefaultRequestHeaders.Authorization}\r\n"
                + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 10000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(head), Token);
            await socket.SendAsync(new byte[1_000_000], Token);
            await TestWait.UntilAsync(() => Directory.EnumerateFileSystemEntries(Agent.Workdir).Any(path => new FileInfo(path).Length > 100_000), TestContext.Current.CancellationToken);
        }

        await TestWait.UntilAsync(() => Directory.EnumerateFileSystemEntries(Agent.Workdir).Count() == 1, TestContext.Current.CancellationToken);
        Assert.Equal("old", Get("a"));
    }

    [Fact]
    public async Task A_full_disk_in_the_middle_of_a_write_leaves_the_old_content()
    {
        var home = Directory.CreateTempSubdirectory("hopx-full-disk-").FullName;
        try
        {
            Assert.SkipUnless(await CanMountAsync(home), "No private mount namespace can be made here.");
            using var tokens = new TestTokens();
            using var agent = StartOnSmallDisk(home, tokens);
            try
            {
                using var http = Connect(Path.Combine(home, "agent.sock"), tokens);
                await TestWait.UntilAsync(() => File.Exists(Path.Combine(home, "agent.sock")), TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.OK, await WriteAsync(http, "small", "old"));
                foreach (var attempt in new[] { "small", "new" })
                {
                    Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await WriteAsync(http, attempt, new string('x', 3_000_000)));
                    using var form = new MultipartFormDataContent { { new StringContent($"{home}/disk/{attempt}"), "path" }, { new ByteArrayContent(new byte[3_000_000]), "file", "a" } };
                    using var uploaded = await http.PostAsync("/files/upload", form, Token);
                    Assert.Equal(HttpStatusCode.RequestEntityTooLarge, uploaded.StatusCode);
                }

                Assert.Equal("old", JsonElement.Parse(await http.GetStringAsync($"/files/read?path={home}/disk/small", Token)).GetProperty("content").GetString());
                Assert.Equal(1, JsonElement.Parse(await http.GetStringAsync($"/files/list?path={home}/disk", Token)).GetProperty("count").GetInt32());
                Assert.Equal(HttpStatusCode.OK, await WriteAsync(http, "small", new string('y', 500_000)));
            }
            finally
            {
                agent.Kill(entireProcessTree: true);
                await agent.WaitForExitAsync(CancellationToken.None);
            }
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }

        async Task<HttpStatusCode> WriteAsync(HttpClient http, string name, string content)
        {
            using var body = new StringContent($$"""{"path":"{{home}}/disk/{{name}}","content":"{{content}}"}""");
            using var response = await http.PostAsync("/files/write", body, Token);
            return response.StatusCode;
        }
    }

    private static string MountScript(string home) => $"mkdir -p {home}/disk && mount -t tmpfs -o size=1m none {home}/disk";

    private static async Task<bool> CanMountAsync(string home)
    {
        using var attempt = Process.Start(new ProcessStartInfo("unshare", ["--mount", "--map-root-user", "sh", "-c", MountScript(home)]) { RedirectStandardError = true })!;
        await attempt.WaitForExitAsync(Token);
        return attempt.ExitCode == 0;
    }

    private static Process StartOnSmallDisk(string home, TestTokens tokens)
    {
        var agent = Path.Combine(AppContext.BaseDirectory, "hopx-agent.dll");
        var runtime = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return Process.Start(new ProcessStartInfo("unshare", ["--mount", "--map-root-user", "sh", "-c", $"{MountScript(home)} && exec '{runtime}' '{agent}'"])
        {
            FileName = "unshare",
            Environment =
            {
                ["HOPX_AGENT_LISTEN"] = $"unix:{home}/agent.sock",
                ["HOPX_SANDBOX_ID"] = AgentFixture.SandboxId,
                ["HOPX_TOKEN_PUBLIC_KEY"] = tokens.PublicKey,
                ["HOPX_WORKDIR"] = $"{home}/disk",
                ["HOPX_Files__Roots"] = $"{home}/disk",
            },
        })!;
    }

    private static HttpClient Connect(string socketPath, TestTokens tokens)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://agent") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Make());
        return http;
    }
}
