using System.Text;

namespace Hopx.Agent.Tests;

public sealed class BoundedOutputTests
{
    [Fact]
    public void Little_is_kept_whole()
    {
        var output = BoundedOutput.HeadAndTail(10);
        output.Append("hello "u8);
        output.Append("you!"u8);
        Assert.Equal("hello you!", output.ToText());
        Assert.Equal(0, output.OmittedBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Of_much_the_ends_are_kept_and_the_middle_is_counted(int chunk)
    {
        var output = BoundedOutput.HeadAndTail(10);
        var bytes = Encoding.ASCII.GetBytes("aaaaa" + new string('m', 990) + "zzzzz");
        foreach (var part in bytes.Chunk(chunk))
        {
            output.Append(part);
        }

        Assert.Equal("aaaaa\n[… 990 bytes omitted …]\nzzzzz", output.ToText());
        Assert.Equal(990, output.OmittedBytes);
    }

    [Fact]
    public void A_character_that_the_cut_divides_is_left_out()
    {
        var output = BoundedOutput.HeadAndTail(8);
        output.Append(Encoding.UTF8.GetBytes("aa€" + new string('m', 100) + "€zz"));
        Assert.DoesNotContain('\uFFFD', output.ToText());
        Assert.StartsWith("aa\n", output.ToText(), StringComparison.Ordinal);
    }
}
