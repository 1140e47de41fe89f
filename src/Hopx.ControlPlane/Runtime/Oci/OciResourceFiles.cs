using System.Text.Json;

namespace Hopx.ControlPlane.Runtime;

/// <summary>The files of this folder that travel inside the assembly.</summary>
internal static class OciResourceFiles
{
    /// <summary>System calls that sandboxes may make; all others fail with "not implemented", the listed refusals with "not permitted".</summary>
    public static OciSeccomp ReadSeccompProfile()
    {
        using var stream = Open("seccomp.json");
        return JsonSerializer.Deserialize(stream, OciJson.Default.OciSeccomp)
            ?? throw new InvalidOperationException("The seccomp profile is empty.");
    }

    public static string ReadLauncher()
    {
        using var reader = new StreamReader(Open("launch.sh"));
        return reader.ReadToEnd();
    }

    private static Stream Open(string name) =>
        typeof(OciResourceFiles).Assembly.GetManifestResourceStream($"Hopx.ControlPlane.Runtime.{name}")
        ?? throw new InvalidOperationException($"The resource '{name}' is missing from the assembly.");
}
