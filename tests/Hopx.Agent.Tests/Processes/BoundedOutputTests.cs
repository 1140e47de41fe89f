using System.Text;
using Microsoft.Extensions.Options;

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

    [Fact]
    public void Many_share_their_memory_and_each_keeps_something_when_it_is_used_up()
    {
        const int Limit = 1024 * 1024;
        const int Kept = 64 * 1024;
        var memory = new OutputMemory(Options.Create(new ProcessOptions { TotalOutputLimitBytes = 4 * Limit }));
        var outputs = Enumerable.Range(0, 20).Select(_ => BoundedOutput.HeadAndTail(2 * Limit, memory)).ToArray();
        var bytes = Encoding.ASCII.GetBytes(new string('a', 3 * Limit) + "the end");
        foreach (var part in bytes.Chunk(Kept))
        {
            Array.ForEach(outputs, output => output.Append(part));
        }

        Assert.InRange(memory.UsedBytes, Limit, 4 * Limit);
        Assert.All(outputs, output =>
        {
            var text = output.ToText();
            Assert.InRange(text.Length, 30_000, 2 * Limit);
            Assert.StartsWith("aaaa", text, StringComparison.Ordinal);
            Assert.EndsWith("athe end", text, StringComparison.Ordinal);
            Assert.Equal(bytes.Length, text.Count(symbol => symbol == 'a') + "the end".Length + output.OmittedBytes);
        });

        Array.ForEach(outputs, output => output.Release());
        Assert.Equal(0, memory.UsedBytes);
        var whole = BoundedOutput.HeadAndTail(2 * Limit, memory);
        whole.Append(bytes.AsSpan(0, 2 * Limit));
        Assert.Equal(0, whole.OmittedBytes);
    }
}
