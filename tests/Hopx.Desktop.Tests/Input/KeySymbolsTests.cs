using System.Text;
using Hopx.Client;

namespace Hopx.Desktop.Tests.Input;

public sealed class KeySymbolsTests
{
    [Theory]
    [InlineData("Return", 0xff0d)]
    [InlineData("ENTER", 0xff0d)]
    [InlineData("Page_Down", 0xff56)]
    [InlineData("ArrowLeft", 0xff51)]
    [InlineData("F12", 0xffc9)]
    [InlineData("a", 'a')]
    [InlineData("A", 'A')]
    [InlineData("é", 0xe9)]
    [InlineData("€", 0x010020ac)]
    [InlineData("🎉", 0x0101f389)]
    [InlineData("U20AC", 0x010020ac)]
    [InlineData("cmd", 0xffeb)]
    [InlineData("KP_7", 0xffb7)]
    public void A_key_is_known_by_name_and_by_character(string name, uint symbol) => Assert.Equal(symbol, KeySymbols.Parse(name));

    [Theory]
    [InlineData("ctrl+shift+t", "ctrl|shift|t")]
    [InlineData("ctrl++", "ctrl|+")]
    [InlineData("+", "+")]
    [InlineData("Return", "Return")]
    [InlineData("ctrl + c", "ctrl|c")]
    [InlineData("U+20AC", "U+20AC")]
    public void A_combination_is_taken_apart(string combination, string parts) => Assert.Equal(parts.Split('|'), KeySymbols.Split(combination));

    [Theory]
    [InlineData("NoSuchKey")]
    [InlineData("ab")]
    [InlineData("F99")]
    [InlineData("\u0001")]
    public void An_unknown_key_is_named(string name) =>
        Assert.Contains(name, Assert.Throws<HopxException>(() => KeySymbols.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_character_has_a_symbol() => Assert.Equal(
        [0x20u, 0x7eu, 0xa0u, 0xffu, 0x01000100u, 0xff0du, 0xff09u],
        new[] { ' ', '~', '\u00a0', 'ÿ', 'Ā', '\n', '\t' }.Select(character => KeySymbols.Of(new Rune(character))));
}
