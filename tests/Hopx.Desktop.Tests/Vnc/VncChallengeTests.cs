namespace Hopx.Desktop.Tests.Vnc;

public sealed class VncChallengeTests
{
    // Known answers of the cipher: the worked example of the standard's literature, and rows of NBS Special Publication 500-20.
    [Theory]
    [InlineData("133457799BBCDFF1", "0123456789ABCDEF", "85E813540F0AB405")]
    [InlineData("0101010101010101", "8000000000000000", "95F8A5E5DD31D900")]
    [InlineData("8001010101010101", "0000000000000000", "95A8D72813DAA94D")]
    [InlineData("7CA110454A1A6E57", "01A1D6D039776742", "690F5B0D9A26939B")]
    [InlineData("0131D9619DC1376E", "5CD54CA83DEF57DA", "7A389D10354BD271")]
    public void The_cipher_gives_the_known_answers(string key, string block, string answer)
    {
        var result = new byte[8];

        VncChallenge.Encrypt(Convert.FromHexString(block), Convert.FromHexString(key), result);

        Assert.Equal(answer, Convert.ToHexString(result));
    }

    [Fact]
    public void The_key_is_the_password_with_the_bits_of_each_character_reversed()
    {
        var challenge = Enumerable.Range(0, VncChallenge.Length).Select(value => (byte)value).ToArray();
        var expected = new byte[VncChallenge.Length];
        // "abc" is 61 62 63, from the other end 86 46 C6.
        var key = Convert.FromHexString("8646C60000000000");
        VncChallenge.Encrypt(challenge.AsSpan(0, 8), key, expected);
        VncChallenge.Encrypt(challenge.AsSpan(8), key, expected.AsSpan(8));

        Assert.Equal(expected, VncChallenge.Answer(challenge, "abc"));
    }

    [Fact]
    public void Only_eight_characters_count() =>
        Assert.Equal(VncChallenge.Answer(new byte[VncChallenge.Length], "12345678"), VncChallenge.Answer(new byte[VncChallenge.Length], "123456789"));
}
