using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class RealPathTests : IDisposable
{
    private readonly string _directory = RealPath.Of(Directory.CreateTempSubdirectory("hopx-real-").FullName);

    [Fact]
    public void Links_on_the_way_are_resolved_also_before_what_is_not_there_yet()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "big disk"));
        Directory.CreateSymbolicLink(Path.Combine(_directory, "home"), "big disk");
        Assert.Equal(Path.Combine(_directory, "big disk"), RealPath.Of(Path.Combine(_directory, "home")));
        Assert.Equal(Path.Combine(_directory, "big disk", "new", "hopx"), RealPath.Of(Path.Combine(_directory, "home", "new", "hopx/")));
    }

    [Fact]
    public void The_root_is_the_root() => Assert.Equal("/", RealPath.Of("/"));

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
