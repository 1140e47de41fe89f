using System.IO.Pipelines;
using System.Text;
using Hopx.Client;

namespace Hopx.Desktop.Tests.Vnc;

public sealed class VncHandshakeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_gets_the_answer_to_its_challenge()
    {
        var (ours, theirs) = Pair();
        var challenge = Enumerable.Range(100, VncChallenge.Length).Select(value => (byte)value).ToArray();

        var login = VncHandshake.LogInAsync(ours, "secret42", Stop);
        await theirs.WriteAsync("RFB 003.008\n"u8.ToArray(), Stop);
        var version = await ReadAsync(theirs, 12);
        await theirs.WriteAsync(new byte[] { 2, 16, 2 }, Stop);
        var chosen = await ReadAsync(theirs, 1);
        await theirs.WriteAsync(challenge, Stop);
        var answer = await ReadAsync(theirs, VncChallenge.Length);
        await theirs.WriteAsync(new byte[4], Stop);
        await login;

        Assert.Equal("RFB 003.008\n", Encoding.ASCII.GetString(version));
        Assert.Equal([2], chosen);
        Assert.Equal(VncChallenge.Answer(challenge, "secret42"), answer);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2 }, true, "refused the password")]
    [InlineData(new byte[] { 1, 19 }, false, "does not ask for a password")]
    public async Task A_server_that_does_not_let_in_is_explained(byte[] types, bool getsSoFar, string why)
    {
        var (ours, theirs) = Pair();

        var login = VncHandshake.LogInAsync(ours, "secret42", Stop);
        await theirs.WriteAsync("RFB 003.008\n"u8.ToArray(), Stop);
        await theirs.WriteAsync(types, Stop);
        if (getsSoFar)
        {
            await theirs.WriteAsync(new byte[VncChallenge.Length], Stop);
            await theirs.WriteAsync(new byte[] { 0, 0, 0, 1 }, Stop);
        }

        var refused = await Assert.ThrowsAsync<HopxException>(() => login);
        Assert.Equal(409, refused.Code.HttpStatus);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_goes_away_is_explained()
    {
        var (ours, theirs) = Pair();

        var login = VncHandshake.LogInAsync(ours, "secret42", Stop);
        await theirs.DisposeAsync();

        Assert.Equal(HopxErrorCode.Conflict, (await Assert.ThrowsAsync<HopxException>(() => login)).Code);
    }

    [Theory]
    [InlineData("RFB 003.008\n", "0101", new byte[] { 1 }, "00000000")]
    [InlineData("RFB 003.007\n", "0101", new byte[] { 1 }, "")]
    [InlineData("RFB 003.003\n", "00000001", new byte[0], "")]
    public async Task A_viewer_of_any_version_is_let_in_without_a_password(string version, string offer, byte[] choice, string result)
    {
        var (ours, theirs) = Pair();

        var letting = VncHandshake.LetInAsync(ours, Stop);
        var greeting = await ReadAsync(theirs, 12);
        await theirs.WriteAsync(Encoding.ASCII.GetBytes(version), Stop);
        var offered = await ReadAsync(theirs, offer.Length / 2);
        await theirs.WriteAsync(choice, Stop);
        var said = await ReadAsync(theirs, result.Length / 2);
        await letting;

        Assert.Equal("RFB 003.008\n", Encoding.ASCII.GetString(greeting));
        Assert.Equal(offer, Convert.ToHexString(offered));
        Assert.Equal(result, Convert.ToHexString(said));
    }

    [Fact]
    public async Task A_viewer_that_chooses_what_was_not_offered_is_sent_away()
    {
        var (ours, theirs) = Pair();

        var letting = VncHandshake.LetInAsync(ours, Stop);
        await theirs.WriteAsync("RFB 003.008\n"u8.ToArray(), Stop);
        await theirs.WriteAsync(new byte[] { 2 }, Stop);

        await Assert.ThrowsAsync<IOException>(() => letting);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, Stop);
        return bytes;
    }

    private static (Stream Ours, Stream Theirs) Pair()
    {
        var (one, other) = (new Pipe(), new Pipe());
        return (new TwoWay(one.Reader, other.Writer), new TwoWay(other.Reader, one.Writer));
    }

    private sealed class TwoWay(PipeReader reader, PipeWriter writer) : Stream
    {
        private readonly Stream _in = reader.AsStream();
        private readonly Stream _out = writer.AsStream();

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _in.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _out.WriteAsync(buffer, cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            writer.Complete();
            reader.Complete();
            base.Dispose(disposing);
        }
    }
}
