using System.Globalization;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>Times as tables show them.</summary>
internal static class Times
{
    public static string? Show(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
