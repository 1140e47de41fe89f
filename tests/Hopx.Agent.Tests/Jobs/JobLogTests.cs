using System.Text;
using Hopx.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hopx.Agent.Tests;

public sealed class JobLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-jobs-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Little_output_stays_in_memory_and_more_goes_to_a_file()
    {
        using var output = new JobOutput(Storage(), "proc_1", 1 << 20, memoryBytes: 10);
        output.Append(OutputKind.Stdout, "12345"u8);
        Assert.Null(output.Directory);
        output.Append(OutputKind.Stdout, "67890a"u8);
        Assert.Equal(Path.Combine(_directory, "proc_1"), output.Directory);
        Assert.Equal("1234567890a", File.ReadAllText(Path.Combine(_directory, "proc_1", "stdout")));
        Assert.Equal("4567890a", ReadAll(output, JobOutputSource.Stdout, 3));
    }

    [Fact]
    public void Both_streams_together_are_in_the_order_in_which_they_were_written()
    {
        var random = new Random(7);
        using var output = new JobOutput(Storage(), "proc_1", 1 << 20, memoryBytes: 100);
        var both = new StringBuilder();
        var stdout = new StringBuilder();
        for (var i = 0; i < 5000; i++)
        {
            var (kind, text) = (random.Next(2) == 0 ? OutputKind.Stdout : OutputKind.Stderr, new string((char)('a' + (i % 26)), random.Next(1, 20)));
            output.Append(kind, Encoding.ASCII.GetBytes(text));
            both.Append(text);
            stdout.Append(kind is OutputKind.Stdout ? text : "");
        }

        Assert.Equal(both.ToString(), ReadAll(output, JobOutputSource.Both, 0));
        Assert.Equal(stdout.ToString(), ReadAll(output, JobOutputSource.Stdout, 0));
        for (var i = 0; i < 200; i++)
        {
            var offset = random.Next(both.Length);
            Assert.Equal(both.ToString(offset, Math.Min(500, both.Length - offset)), ReadAll(output, JobOutputSource.Both, offset)[..Math.Min(500, both.Length - offset)]);
        }
    }

    [Fact]
    public void Of_more_than_the_limit_the_middle_is_given_up_and_its_space_too()
    {
        const int Limit = 256 * 1024;
        var storage = Storage();
        using var output = new JobOutput(storage, "proc_1", Limit, memoryBytes: 0);
        var expected = new StringBuilder();
        for (var line = 0; expected.Length < 20 * Limit; line++)
        {
            var text = $"line {line}\n";
            output.Append(line % 3 == 0 ? OutputKind.Stderr : OutputKind.Stdout, Encoding.ASCII.GetBytes(text));
            expected.Append(text);
        }

        Assert.True(storage.UsedBytes < 4 * Limit + (4 << 20), $"{storage.UsedBytes} bytes are used.");
        foreach (var source in new[] { JobOutputSource.Stdout, JobOutputSource.Stderr })
        {
            long offset = 0;
            var buffer = new byte[Limit];
            Assert.Equal(Limit / 2, output.Read(source, ref offset, buffer));
            Assert.Equal(0, offset);
            offset = Limit / 2;
            var read = output.Read(source, ref offset, buffer);
            Assert.True(offset > Limit, $"The gap ends at {offset}.");
            Assert.Equal(output.LengthOf(source), offset + read);
        }

        var all = expected.ToString();
        var kept = 0;
        long at = 0;
        var part = new byte[10_000];
        while (output.Read(JobOutputSource.Both, ref at, part) is var count and > 0)
        {
            Assert.Equal(all.Substring((int)at, count), Encoding.ASCII.GetString(part, 0, count));
            at += count;
            kept += count;
        }

        Assert.Equal(all.Length, at);
        Assert.InRange(kept, Limit, 3 * Limit);
    }

    [Fact]
    public void What_cannot_be_stored_is_left_out_and_what_comes_later_is_there()
    {
        File.WriteAllText(Path.Combine(_directory, "proc_1"), "in the way");
        using var output = new JobOutput(Storage(), "proc_1", 1 << 20, memoryBytes: 0);
        output.Append(OutputKind.Stdout, "lost "u8);
        File.Delete(Path.Combine(_directory, "proc_1"));
        output.Append(OutputKind.Stdout, "kept"u8);
        long offset = 0;
        var buffer = new byte[100];
        Assert.Equal("kept", Encoding.ASCII.GetString(buffer, 0, output.Read(JobOutputSource.Stdout, ref offset, buffer)));
        Assert.Equal(5, offset);
        offset = 0;
        Assert.Equal("kept", Encoding.ASCII.GetString(buffer, 0, output.Read(JobOutputSource.Both, ref offset, buffer)));
        Assert.Equal(5, offset);
    }

    [Fact]
    public void The_space_of_all_jobs_is_bounded()
    {
        var storage = Storage(total: 64 * 1024);
        var first = new JobOutput(storage, "proc_1", 1 << 20, memoryBytes: 0);
        using var second = new JobOutput(storage, "proc_2", 1 << 20, memoryBytes: 0);
        first.Append(OutputKind.Stdout, new byte[50_000]);
        second.Append(OutputKind.Stdout, new byte[50_000]);
        Assert.InRange(storage.UsedBytes, 50_000, 64 * 1024);
        first.Dispose();
        second.Append(OutputKind.Stdout, "kept"u8);
        Assert.Equal("kept", ReadAll(second, JobOutputSource.Stdout, 0));
    }

    [Fact]
    public void A_link_in_place_of_a_file_is_not_followed()
    {
        var elsewhere = Path.Combine(_directory, "elsewhere");
        File.WriteAllText(elsewhere, "mine");
        Directory.CreateDirectory(Path.Combine(_directory, "proc_1"));
        File.CreateSymbolicLink(Path.Combine(_directory, "proc_1", "stdout"), elsewhere);
        using var output = new JobOutput(Storage(), "proc_1", 1 << 20, memoryBytes: 0);
        output.Append(OutputKind.Stdout, "job's"u8);
        Assert.Equal("mine", File.ReadAllText(elsewhere));
        Assert.Equal("job's", ReadAll(output, JobOutputSource.Stdout, 0));
    }

    [Fact]
    public void A_file_that_was_cut_ends_the_reading()
    {
        using var output = new JobOutput(Storage(), "proc_1", 1 << 20, memoryBytes: 0);
        output.Append(OutputKind.Stdout, new byte[1000]);
        File.WriteAllBytes(Path.Combine(_directory, "proc_1", "stdout"), []);
        File.WriteAllBytes(Path.Combine(_directory, "proc_1", "order"), []);
        long offset = 0;
        Assert.Equal(0, output.Read(JobOutputSource.Stdout, ref offset, new byte[100]));
        offset = 0;
        Assert.Equal(0, output.Read(JobOutputSource.Both, ref offset, new byte[100]));
    }

    private static string ReadAll(JobOutput output, JobOutputSource source, long offset)
    {
        var text = new StringBuilder();
        var buffer = new byte[777];
        while (output.Read(source, ref offset, buffer) is var count and > 0)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
            offset += count;
        }

        return text.ToString();
    }

    private JobStorage Storage(long total = 512 << 20) =>
        new(Options.Create(new JobOptions { Directory = _directory, TotalOutputLimitBytes = total }), NullLogger<JobStorage>.Instance);
}
