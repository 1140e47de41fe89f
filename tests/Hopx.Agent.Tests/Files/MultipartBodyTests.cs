using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class MultipartBodyTests
{
    private const string Boundary = "b--b";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // What is in a part may look like the end of it up to the last byte.
    private static readonly string[] Contents = ["", "x", "\r", "\r\n", "\r\n-", "\r\n--b", "\r\n--b--", "--b--b", "\r\r\n--b--\r\n--b--a", "a\r\n\r\nb", new string('y', 5000) + "\r\n--b-"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public async Task Parts_are_whole_however_they_come_in(int blockBytes)
    {
        foreach (var content in Contents)
        {
            var body = Read($"--{Boundary}\r\nA: b\r\n\r\n{content}\r\n--{Boundary} \r\nContent-Disposition:  form-data; name=c\r\nD:e\r\n\r\nsecond\r\n--{Boundary}\r\n\r\n\r\n--{Boundary}--\r\nrest", blockBytes);
            Assert.Equal("b", (await body.NextAsync(Token))!["a"]);
            Assert.Equal(content, await TextAsync(body));
            Assert.Equal(["content-disposition=form-data; name=c", "d=e"], (await body.NextAsync(Token))!.Select(header => $"{header.Key}={header.Value}"));
            Assert.Empty((await body.NextAsync(Token))!);
            Assert.Equal("", await TextAsync(body));
            Assert.Null(await body.NextAsync(Token));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task What_stands_before_the_first_part_is_passed_over(int blockBytes)
    {
        var body = Read($"a preamble\r\n--{Boundary}\r\n\r\nfirst\r\n--{Boundary}--", blockBytes);
        Assert.NotNull(await body.NextAsync(Token));
        Assert.Equal("first", await TextAsync(body));
        Assert.Null(await body.NextAsync(Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--b")]
    [InlineData("nothing of the kind")]
    [InlineData("--b--b")]
    [InlineData("--b--b\r\nA: b")]
    [InlineData("--b--b\r\nA: b\r\n\r\n")]
    [InlineData("--b--b\r\nA: b\r\n\r\nhalf\r\n--b--")]
    public async Task A_body_that_ends_early_is_refused(string text)
    {
        var body = Read(text, 3);
        var refused = await Assert.ThrowsAsync<HopxException>(async () =>
        {
            while (await body.NextAsync(Token) is not null)
            {
            }
        });
        Assert.Equal(HopxErrorCode.InvalidRequest, refused.Code);
    }

    [Fact]
    public async Task Headers_without_end_are_refused_before_they_fill_memory()
    {
        var body = Read($"--{Boundary}\r\nA: {new string('x', 1_000_000)}", 4096);
        Assert.Contains("longer than", (await Assert.ThrowsAsync<HopxException>(() => body.NextAsync(Token))).Message, StringComparison.Ordinal);
    }

    private static MultipartBody Read(string text, int blockBytes)
    {
        // Every read brings one block more, and blocks lie apart from each other.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: 1, pool: new SmallBlocks(blockBytes)));
        var bytes = Encoding.UTF8.GetBytes(text);
        _ = WriteAsync();
        return new MultipartBody(pipe.Reader, Boundary);

        async Task WriteAsync()
        {
            for (var at = 0; at < bytes.Length; at += blockBytes)
            {
                await pipe.Writer.WriteAsync(bytes.AsMemory(at, Math.Min(blockBytes, bytes.Length - at)), Token);
            }

            await pipe.Writer.CompleteAsync();
        }
    }

    private static async Task<string> TextAsync(MultipartBody body)
    {
        var text = new MemoryStream();
        await body.ReadAsync(content => text.Write(content.ToArray()), Token);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private sealed class SmallBlocks(int blockBytes) : MemoryPool<byte>
    {
        public override int MaxBufferSize => blockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Block(new byte[Math.Max(minBufferSize, blockBytes)]);

        protected override void Dispose(bool disposing)
        {
        }

        private sealed class Block(byte[] bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory => bytes;

            public void Dispose()
            {
            }
        }
    }
}
