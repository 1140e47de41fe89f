namespace Hopx.Mcp.Hosting;

/// <summary>Where this program keeps its state.</summary>
internal static class HopxHome
{
    public static string Default() => Default(Environment.GetEnvironmentVariable);

    public static string Default(Func<string, string?> variable) =>
        variable("HOPX_HOME") is { Length: > 0 } home ? home
        : variable("XDG_DATA_HOME") is { Length: > 0 } data ? Path.Combine(data, "hopx")
        : Path.Combine(variable("HOME") is { Length: > 0 } user ? user : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "hopx");
}
