using System.Reflection;

namespace Hopx.ControlPlane.Setup;

/// <summary>Shell scripts that come inside this assembly.</summary>
internal static class EmbeddedScript
{
    /// <summary>Text of a script by its folder and file name, such as <c>Setup.check-overlay.sh</c>.</summary>
    public static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Hopx.ControlPlane.{name}")
            ?? throw new InvalidOperationException($"The script '{name}' is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
