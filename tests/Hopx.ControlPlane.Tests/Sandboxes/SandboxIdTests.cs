using Hopx.ControlPlane.Sandboxes;

namespace Hopx.ControlPlane.Tests.Sandboxes;

public sealed class SandboxIdTests
{
    [Fact]
    public void An_id_can_stand_in_a_host_name()
    {
        var id = SandboxId.New(TimeProvider.System.GetUtcNow());

        Assert.InRange(id.Length, 1, 63);
        Assert.All(id, character => Assert.True(char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character)));
    }

    [Fact]
    public void Ids_sort_by_age()
    {
        var now = TimeProvider.System.GetUtcNow();

        Assert.True(string.CompareOrdinal(SandboxId.New(now), SandboxId.New(now.AddSeconds(1))) < 0);
    }
}
