using Hopx.ControlPlane.WarmPool;

namespace Hopx.ControlPlane.Tests.WarmPool;

public sealed class WarmSandboxSizesTests
{
    [Theory]
    [InlineData("auto", "")]
    [InlineData("0", "code-interpreter=0")]
    [InlineData("3", "code-interpreter=3")]
    [InlineData("code-interpreter=2, base=1", "base=1 code-interpreter=2")]
    public void A_setting_is_a_number_or_names_with_numbers(string text, string expected)
    {
        Assert.True(WarmSandboxSizes.TryParse(text, out var sizes));
        Assert.Equal(expected, string.Join(' ', sizes.OrderBy(size => size.Key, StringComparer.Ordinal).Select(size => $"{size.Key}={size.Value}")));
    }

    [Theory]
    [InlineData("many")]
    [InlineData("-1")]
    [InlineData("101")]
    [InlineData("base=")]
    [InlineData("=1")]
    [InlineData("base=1,base=2")]
    [InlineData("base=1=2")]
    [InlineData("1,")]
    public void Anything_else_is_refused(string text) => Assert.False(WarmSandboxSizes.TryParse(text, out _));

    [Theory]
    [InlineData(2, "0")]
    [InlineData(4, "1")]
    [InlineData(24, "2")]
    public void A_small_machine_keeps_fewer(long gibibytes, string expected) => Assert.Equal(expected, WarmSandboxSizes.ForServer(gibibytes << 30));
}
