namespace Hopx.Testing.Compatibility;

/// <summary>The checkout that the tests were built from.</summary>
public static class Checkout
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string directory) => File.Exists(Path.Combine(directory, "Hopx.Mcp.sln"))
        ? directory
        : Find(Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} is in no checkout: no Hopx.Mcp.sln above it."));
}
