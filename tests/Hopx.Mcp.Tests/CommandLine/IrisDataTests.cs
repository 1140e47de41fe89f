using System.Globalization;
using Hopx.Mcp.CommandLine.Demo;

namespace Hopx.Mcp.Tests.CommandLine;

public sealed class IrisDataTests
{
    [Fact]
    public void The_data_set_has_the_known_means()
    {
        var lines = IrisData.ReadCsv().TrimEnd('\n').Split('\n');

        Assert.Equal(string.Join(',', [.. IrisData.Measures, "species"]), lines[0]);
        var flowers = lines.Skip(1).Select(line => line.Split(',')).GroupBy(fields => fields[4]).ToList();
        Assert.Equal(IrisData.Known.Select(known => known.Species), flowers.Select(species => species.Key));
        Assert.All(flowers, species => Assert.Equal(IrisData.FlowersOfEachSpecies, species.Count()));
        Assert.Equal(
            IrisData.Known.Select(known => known.Means),
            flowers.Select(species => Enumerable.Range(0, 4).Select(i => species.Average(fields => decimal.Parse(fields[i], CultureInfo.InvariantCulture))).ToList()));
    }
}
