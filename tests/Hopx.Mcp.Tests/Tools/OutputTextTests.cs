using Hopx.Mcp.Tools;

namespace Hopx.Mcp.Tests.Tools;

public sealed class OutputTextTests
{
    [Theory]
    [InlineData("plain\ttext\n", "plain\ttext\n")]
    [InlineData("\u001b[1;31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\aa\u001b]8;;http://x\u001b\\link", "alink")]
    [InlineData("\u001bP1$r\u001b\\x\u001b(By", "xy")]
    [InlineData("a\u001b", "a")]
    [InlineData("a\u001b[", "a")]
    [InlineData("a\u001b[12", "a")]
    [InlineData("a\u001b[3\nb", "a\nb")]
    [InlineData(" 10%\r 50%\r100%\ndone\r\n", "100%\ndone\n")]
    [InlineData("abc\b\bd", "ad")]
    [InlineData("a\0b\u0007c\u007fd\u0085e", "abcde")]
    [InlineData("x\u202ey\u2066z\u200b", "x\\u{202e}y\\u{2066}z\\u{200b}")]
    [InlineData("\U000e0041", "\\u{e0041}")]
    [InlineData("👩‍🔬 é 漢", "👩‍🔬 é 漢")]
    public void Output_is_what_a_terminal_would_show(string printed, string shown) => Assert.Equal(shown, OutputText.FromTerminal(printed));

    [Fact]
    public void Half_a_character_is_replaced()
    {
        Assert.Equal("a\ufffdz", OutputText.FromTerminal("a\ud83dz"));
        Assert.Equal("\ufffd", OutputText.FromFile("\udc00"));
    }

    [Fact]
    public void A_sequence_that_never_ends_does_not_swallow_the_output()
    {
        var text = "\u001b]" + new string('x', 10_000) + "end";

        Assert.EndsWith("end", OutputText.FromTerminal(text), StringComparison.Ordinal);
        Assert.True(OutputText.FromTerminal(text).Length > 5_000);
    }

    [Fact]
    public void A_cut_never_divides_a_character() => Assert.Equal(1, OutputText.SafeCut("a😀b", 2));
}
