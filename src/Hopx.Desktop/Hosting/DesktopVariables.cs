using System.Globalization;

namespace Hopx.Desktop;

/// <summary>Fills the options from the <c>HOPX_DESKTOP_*</c> variables.</summary>
internal static class DesktopVariables
{
    private const string Prefix = "HOPX_DESKTOP_";

    public static void Apply(DesktopOptions options)
    {
        options.Directory = Text("DIRECTORY") ?? options.Directory;
        options.Recordings = Text("RECORDINGS") ?? options.Recordings;
        options.Display = Number("DISPLAY") ?? options.Display;
        options.Width = Number("WIDTH") ?? options.Width;
        options.Height = Number("HEIGHT") ?? options.Height;
    }

    private static string? Text(string name) => Environment.GetEnvironmentVariable(Prefix + name) is { Length: > 0 } text ? text : null;

    private static int? Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
