namespace Hopx.Mcp.Tests.CommandLine;

internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hopx-cli-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
