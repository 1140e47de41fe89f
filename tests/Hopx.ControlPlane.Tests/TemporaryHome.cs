namespace Hopx.ControlPlane.Tests;

/// <summary>A home directory of its own for one test; gone afterwards.</summary>
internal sealed class TemporaryHome : IDisposable
{
    public TemporaryHome() => Path = Directory.CreateTempSubdirectory("hopx-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
