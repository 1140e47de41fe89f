namespace Hopx.Desktop.Tests.Vnc;

public sealed class VncChallengeTests
{
    private static readonly byte[] Challenge = [.. Enumerable.Range(0, VncChallenge.Length).Select(value => (byte)value)];

    // By OpenSSL: enc -des-ecb -nopad -K with the password's characters, the bits of each reversed ("abc" is 8646C60000000000).
    // The last makes a key that DES counts among its weak ones; the protocol takes it all the same.
    [Theory]
    [InlineData("abc", "9C22B4F2088C3465A1562C4B9D6EDB04")]
    [InlineData("12345678", "83DD2B4DBD04367F28578FDD5B142740")]
    [InlineData("hopx-pw!", "5C0FB180D8FCD269204D6A8220DF5277")]
    [InlineData("", "491E890DE9ACE932838A49792F2213F3")]
    public void A_challenge_is_answered_as_the_protocol_says(string password, string answer) =>
        Assert.Equal(answer, Convert.ToHexString(VncChallenge.Answer(Challenge, password)));

    [Fact]
    public void Only_eight_characters_count() =>
        Assert.Equal(VncChallenge.Answer(Challenge, "12345678"), VncChallenge.Answer(Challenge, "123456789"));
}
