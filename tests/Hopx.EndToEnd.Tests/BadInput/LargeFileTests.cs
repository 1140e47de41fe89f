using System.Security.Cryptography;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.BadInput;

/// <summary>Files that are too much for one answer, or no text.</summary>
public sealed class LargeFileTests(ServedProgram program) : IClassFixture<ServedProgram>
{
    private const int Size = 100 << 20;

    // What a model reads stays small, whatever the file.
    private const int MostCharacters = 60_000;

    [Fact]
    public async Task A_file_of_100_MiB_is_read_in_bounded_parts()
    {
        await using var client = await program.Server.ConnectAsync();
        await client.DoAsync("run_code", new
        {
            code = $"line = b'0123456789abcde\\n'\nopen('/workspace/big.txt', 'wb').write(line * ({Size} // len(line)))\nopen('/workspace/one-line', 'wb').write(b'x' * {Size})",
            conversation = "large",
        });

        var first = await client.DoAsync("read_file", new { path = "big.txt", conversation = "large" });
        var last = await client.DoAsync("read_file", new { path = "big.txt", offset = Size / 16, conversation = "large" });
        var oneLine = await client.DoAsync("read_file", new { path = "one-line", conversation = "large" });
        var bytes = await client.DoAsync("read_file", new { path = "one-line", encoding = "base64", offset = Size - 3, conversation = "large" });
        var edit = await client.RefuseAsync("edit_file", new { path = "big.txt", old_text = "0", new_text = "1", conversation = "large" });

        Assert.All([first, last, oneLine], result => Assert.InRange(result.Text().Length, 1, MostCharacters));
        Assert.Equal(Size.ToString(System.Globalization.CultureInfo.InvariantCulture), first.Fact("size_bytes"));
        Assert.Contains("There is more", first.Text(), StringComparison.Ordinal);
        Assert.Equal("0123456789abcde", last.Fact("content").Trim());
        Assert.Contains("too long and cut", oneLine.Text(), StringComparison.Ordinal);
        Assert.Equal(Convert.ToBase64String("xxx"u8), bytes.Fact("content"));
        Assert.Contains("big.txt", edit, StringComparison.Ordinal);
        Assert.Contains("run_command", edit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_100_MiB_goes_in_and_comes_out_as_it_was()
    {
        using var client = await program.Server.CreateClientAsync();
        var sandbox = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token);
        var content = new byte[Size];
        Random.Shared.NextBytes(content);
        var sum = Convert.ToHexStringLower(SHA256.HashData(content));
        var agent = client.Agent(sandbox.Id);

        await agent.Files.UploadAsync("/workspace/large.bin", new MemoryStream(content), Patience.Token);
        var inside = await agent.Commands.RunAsync(new CommandRequest { Command = "sha256sum < /workspace/large.bin" }, Patience.Token);
        await using var download = await agent.Files.DownloadAsync("/workspace/large.bin", Patience.Token);

        Assert.StartsWith(sum, inside.Stdout, StringComparison.Ordinal);
        Assert.Equal(sum, Convert.ToHexStringLower(await SHA256.HashDataAsync(download, Patience.Token)));
        await client.Sandboxes.DeleteAsync(sandbox.Id, Patience.Token);
    }

    [Fact]
    public async Task Too_much_content_for_one_call_is_refused_with_the_limit()
    {
        await using var client = await program.Server.ConnectAsync();

        var text = await client.RefuseAsync("write_file", new { path = "x", content = new string('x', (16 << 20) + 1), conversation = "too much" });

        Assert.Contains($"at most {16 << 20}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("too much", (await client.DoAsync("sandbox_list")).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_binary_file_is_told_to_be_one_and_comes_as_base64()
    {
        await using var client = await program.Server.ConnectAsync();
        await client.DoAsync("run_command", new { command = "printf '\\000\\001\\377\\376binary' > picture.bin; gzip -kf picture.bin; head -c 100000 /usr/bin/bash > bash.bin", conversation = "binary" });

        foreach (var path in new[] { "picture.bin", "picture.bin.gz", "bash.bin" })
        {
            var text = await client.DoAsync("read_file", new { path, conversation = "binary" });
            Assert.Contains($"{path} is a binary file", text.Text(), StringComparison.Ordinal);
            Assert.Contains("base64", text.Text(), StringComparison.Ordinal);
        }

        var bytes = await client.DoAsync("read_file", new { path = "picture.bin", encoding = "base64", conversation = "binary" });
        Assert.Equal([0, 1, 255, 254, .. "binary"u8], Convert.FromBase64String(bytes.Fact("content")));
        Assert.Contains("picture.bin", await client.RefuseAsync("edit_file", new { path = "picture.bin", old_text = "binary", new_text = "text", conversation = "binary" }), StringComparison.Ordinal);
    }
}
