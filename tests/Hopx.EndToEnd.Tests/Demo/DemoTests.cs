using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Demo;

public sealed class DemoTests(PreparedMachine machine)
{
    [Fact]
    public async Task The_demo_passes_and_leaves_only_its_artefacts()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var output = Path.Combine(program.Scratch, "demo");

        var run = (await program.RunAsync(["demo", "--output", output])).Succeeded();

        Assert.Matches(@"^demo: \d+ checks passed in .* s: .*nothing left behind\n$", run.Output);
        foreach (var picture in (string[])["iris", "desktop-1-empty", "desktop-2-page", "desktop-3-filled", "desktop-4-sent"])
        {
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A], (await File.ReadAllBytesAsync(Path.Combine(output, picture + ".png"), Patience.Token))[..8]);
        }

        Assert.Contains("virginica", await File.ReadAllTextAsync(Path.Combine(output, "transcript.md"), Patience.Token), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(output, "server.log")));
        Assert.Empty(program.FindRemains());
    }
}
