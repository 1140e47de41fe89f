using Hopx.Testing.Compatibility;

namespace Hopx.Client.Tests.Compatibility;

public sealed class CompatibilityTableTests
{
    private const int Traps = 57;

    private static readonly string[] States = ["yes", "addition", "no", "elsewhere"];

    private readonly IReadOnlyList<CompatibilityRow> _rows = CompatibilityTable.Read();

    [Fact]
    public void Every_route_that_a_client_or_a_description_of_the_API_names_has_one_row()
    {
        var told = _rows.Where(row => row.Section is CompatibilityTable.ControlPlaneSection or CompatibilityTable.AgentSection && row.State != "addition").Select(row => row.Key).ToList();
        var known = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Compatibility", "routes.txt"));
        Assert.Equal(known.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_trap_has_one_row() => Assert.Equal(
        Enumerable.Range(1, Traps).Select(number => $"T-{number}"),
        _rows.Where(row => row.Section == CompatibilityTable.TrapSection).Select(row => row.Key));

    [Fact]
    public void What_is_served_is_proved_by_tests_that_there_are()
    {
        var tests = KnownTests.Find();
        Assert.Empty(_rows.Where(row => !States.Contains(row.State)).Select(row => $"{row.Key}: {row.State}"));
        Assert.Empty(_rows.Where(row => row.IsServed && row.Proofs is []).Select(row => row.Key));
        Assert.Empty(_rows.SelectMany(row => row.Proofs.Where(proof => !tests.Contains(proof)).Select(proof => $"{row.Key}: {proof}")));
    }
}
