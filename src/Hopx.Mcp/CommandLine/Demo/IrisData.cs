using System.Reflection;

namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>Fisher's measurements of 150 irises (1936), as R's <c>datasets</c> and scikit-learn have them, and what is known of them.</summary>
internal static class IrisData
{
    public const int FlowersOfEachSpecies = 50;

    public static readonly IReadOnlyList<string> Measures = ["sepal_length", "sepal_width", "petal_length", "petal_width"];

    /// <summary>The mean of each measure for each species, in centimetres.</summary>
    public static readonly IReadOnlyList<(string Species, IReadOnlyList<decimal> Means)> Known =
    [
        ("setosa", [5.006m, 3.428m, 1.462m, 0.246m]),
        ("versicolor", [5.936m, 2.770m, 4.260m, 1.326m]),
        ("virginica", [6.588m, 2.974m, 5.552m, 2.026m]),
    ];

    public static string ReadCsv()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Hopx.Mcp.CommandLine.Demo.iris.csv")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>One line for each species: its name, and the mean of each measure.</summary>
    public static string MeansText() => Lines(static mean => mean, "0.000");

    /// <summary>One line for each species: its name, and the sum of each measure.</summary>
    public static string TotalsText() => Lines(static mean => mean * FlowersOfEachSpecies, "0.0");

    private static string Lines(Func<decimal, decimal> value, string format) => string.Join(
        '\n', Known.Select(known => $"{known.Species} {string.Join(' ', known.Means.Select(mean => value(mean).ToString(format, System.Globalization.CultureInfo.InvariantCulture)))}"));
}
