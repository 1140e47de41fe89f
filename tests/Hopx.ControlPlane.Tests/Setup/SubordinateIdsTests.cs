using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class SubordinateIdsTests
{
    private static readonly HostUser Alice = new("alice", 1000);

    [Theory]
    [InlineData("", "alice:100000:65536")]
    [InlineData("alice:100000:65536", "")]
    [InlineData("alice:100000:1000", "alice:100000:65536")]
    [InlineData("alicex:100000:65536", "alicex:100000:65536")]
    [InlineData("alice:abc:65536\nalice\n:::", "alice:100000:65536")]
    [InlineData("alice:-5:65536", "alice:100000:65536")]
    public void Without_a_large_enough_block_in_both_files_there_is_none(string users, string groups) =>
        Assert.Null(SubordinateIds.Find(Alice, users, groups));

    [Theory]
    [InlineData("bob:100000:65536\nalice:165536:65536\n")]
    [InlineData("bob:100000:65536\n1000:165536:65536")]
    [InlineData("alice:50:10\nalice:165536:65536\n")]
    public void The_users_own_block_is_found_by_name_or_number(string text) =>
        Assert.Equal(new SubordinateIds(165_536, 165_536), SubordinateIds.Find(Alice, text, text));

    [Fact]
    public void The_entry_of_another_user_is_never_roots() =>
        Assert.Equal(1_000_000u, SubordinateIds.Find(new HostUser("root", 0), "bob:100000:65536\nroot:1000000:65536", "root:1000000:65536")!.FirstUser);

    [Theory]
    [InlineData("", "", 1_000_000)]
    [InlineData("alice:100000:65536", "", 1_000_000)]
    [InlineData("alice:2000000:65536", "bob:3000000:65536", 3_065_536)]
    public void A_new_block_overlaps_none(string users, string groups, uint first) => Assert.Equal(first, SubordinateIds.FirstFree(users, groups));

    [Fact]
    public void When_the_ids_are_used_up_no_block_is_made_up() =>
        Assert.Throws<OverflowException>(() => SubordinateIds.FirstFree("alice:4294900000:65536", ""));
}
