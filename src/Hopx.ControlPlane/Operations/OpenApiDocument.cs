namespace Hopx.ControlPlane.Operations;

/// <summary>The description of the routes. It is made from them by a test, which fails when they differ, and travels inside the assembly: a server that is only to start needs no generator.</summary>
internal static class OpenApiDocument
{
    public const string ResourceName = "Hopx.ControlPlane.Operations.openapi.json";

    public static byte[] Read()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The resource '{ResourceName}' is missing from the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
