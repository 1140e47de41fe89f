namespace Hopx.Desktop.Tests.Vnc;

public sealed class VncChallengeTests
{
    private static readonly byte[] Challenge = [.. Enumerable.Range(0, VncChallenge.Length).Select(value => (byte)value)];

    // By OpenSSL: enc -des-ecb -nopad -K with the password's characters, the bits of each reversed ("abc" is 8646C60000000000).
    [Theory]
    [InlineData("abc", "9C22B4F2088C3465A1562C4B9D6EDB04")]
    [InlineData("12345678", "83DD2B4DBD04367F28578FDD5B142740")]
    [InlineData("hopx-pw!", "5C0FB180D8FCD269204D6A8220DF5277")]
    public void A_challenge_is_answered_as_the_protocol_says(string password, string answer) =>
        Assert.Equal(answer, Convert.ToHexString(VncChallenge.Answer(Challenge, password)));

    [Fact]
    public void Only_eight_characters_count() =>
        Assert.Equal(VncChallenge.Answer(Challenge, "12345678"), VncChallenge.Answer(Challenge, "123456789"));

    [Fact]
    public void A_password_that_makes_a_weak_key_is_answered_too() =>
        Assert.Equal(VncChallenge.Length, VncChallenge.Answer(Challenge, "").Length);
}
