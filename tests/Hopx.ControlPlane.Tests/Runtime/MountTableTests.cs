using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class MountTableTests
{
    private static readonly string[] Lines =
    [
        "22 27 0:21 / /proc rw,relatime - proc proc rw",
        "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard",
        "40 27 8:1 /homes /data\\040disk rw - xfs /dev/sda1 rw",
        "nonsense",
    ];

    [Theory]
    [InlineData("/root/hopx", "254:0", "/root/hopx")]
    [InlineData("/data disk/hopx", "8:1", "/homes/hopx")]
    [InlineData("/data disk", "8:1", "/homes")]
    [InlineData("/data diskette", "254:0", "/data diskette")]
    public void A_directory_is_found_in_the_file_system_that_holds_it(string directory, string device, string path) =>
        Assert.Equal((device, path), MountTable.Locate(directory, MountTable.Parse(Lines)));

    [Fact]
    public void The_machines_own_table_can_be_read() => Assert.Contains(MountTable.Read(), mount => mount.Point == "/proc");
}
