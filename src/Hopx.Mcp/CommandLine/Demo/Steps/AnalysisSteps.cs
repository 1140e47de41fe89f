using System.Buffers.Binary;
using System.Globalization;

namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>A data set goes in, a table and a picture come out.</summary>
internal static class AnalysisSteps
{
    private const int SmallestSide = 200;
    private const int LargestSide = 4_000;
    private const int SmallestPlot = 5_000;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken)
    {
        await demo.CheckAsync("A data set is written into the sandbox", async () =>
        {
            var csv = IrisData.ReadCsv();
            var written = await demo.CallAsync("write_file", new() { ["path"] = "/workspace/iris.csv", ["content"] = csv }, cancellationToken);
            Expect.Equal(demo.SandboxId, written.SandboxId);
            Expect.Equal(csv.Length.ToString(CultureInfo.InvariantCulture), written.Fact("bytes"));
            return $"iris.csv, {csv.Length} bytes";
        });

        await demo.CheckAsync("Python and pandas find the known means", async () =>
        {
            const string Code = """
                import pandas as pd

                iris = pd.read_csv("/workspace/iris.csv")
                for species, means in iris.groupby("species").mean().iterrows():
                    print(species, *(f"{mean:.3f}" for mean in means))
                """;
            var run = await demo.CallAsync("run_code", new() { ["language"] = "python", ["code"] = Code }, cancellationToken);
            Expect.Equal(IrisData.MeansText(), run.Fact("stdout").Trim());
            return "of 4 measures for each of 3 species";
        });

        await demo.CheckAsync("matplotlib draws a plot that comes back as a picture", async () =>
        {
            const string Code = """
                import matplotlib.pyplot as plt
                import pandas as pd

                iris = pd.read_csv("/workspace/iris.csv")
                for species, flowers in iris.groupby("species"):
                    plt.scatter(flowers.petal_length, flowers.petal_width, label=species)
                plt.xlabel("petal length (cm)")
                plt.ylabel("petal width (cm)")
                plt.title("Fisher's irises")
                plt.legend()
                plt.show()
                """;
            var run = await demo.CallAsync("run_code", new() { ["language"] = "python", ["code"] = Code }, cancellationToken);
            Expect.That(run.Images is [{ MimeType: "image/png" }], "one picture of type image/png", run.Text);
            var png = run.Images[0].DecodedData;
            var (width, height) = SizeOf(png.Span);
            await File.WriteAllBytesAsync(Path.Combine(demo.Output, "iris.png"), png, cancellationToken);
            return string.Create(CultureInfo.InvariantCulture, $"{width}×{height}, {png.Length} bytes, kept as iris.png");
        });
    }

    private static (int Width, int Height) SizeOf(ReadOnlySpan<byte> png)
    {
        Expect.That(
            png.Length >= SmallestPlot && png.StartsWith(PngSignature) && png[12..16].SequenceEqual("IHDR"u8),
            $"a PNG of at least {SmallestPlot} bytes",
            $"{png.Length} bytes that begin with {Convert.ToHexString(png[..Math.Min(16, png.Length)])}");
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(png[16..]), BinaryPrimitives.ReadInt32BigEndian(png[20..]));
        Expect.That(
            width is >= SmallestSide and <= LargestSide && height is >= SmallestSide and <= LargestSide,
            $"sides from {SmallestSide} to {LargestSide} pixels",
            string.Create(CultureInfo.InvariantCulture, $"{width}×{height}"));
        return (width, height);
    }
}
