using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

/// <summary>Detection on trees of files that look like the cgroup file systems of other machines.</summary>
public sealed class ControlGroupsTests : IDisposable
{
    private readonly string _tree = Directory.CreateTempSubdirectory("hopx-cgroups-").FullName;

    [Fact]
    public void A_user_of_version_1_has_none_and_is_told_why()
    {
        var groups = ControlGroups.Detect("hopx-x", isRoot: false, [Mount("memory", "cgroup", "rw", "memory")], ["4:memory:/"]);
        Assert.False(groups.IsUsable);
        Assert.Equal(ControlGroupVersion.V1, groups.Version);
        Assert.Contains("ordinary user", groups.WhyUnusable, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_of_version_1_uses_each_controller_that_has_its_files()
    {
        Write("memory/memory.limit_in_bytes");
        Write("cpu/cpu.shares");
        Write("pids/cgroup.procs");
        var groups = ControlGroups.Detect(
            "hopx-x", isRoot: true, [Mount("memory", "cgroup", "rw", "memory"), Mount("cpu", "cgroup", "rw", "cpu"), Mount("pids", "cgroup", "rw", "pids")], []);
        Assert.True(groups.IsUsable);
        Assert.Equal(["memory", "pids"], groups.Controllers.Order());
        Assert.False(groups.LimitsSwap);
        Assert.False(groups.CanFreeze);
        Assert.False(Directory.Exists(Path.Combine(_tree, "memory", "hopx-x")));
    }

    [Fact]
    public void A_user_of_version_2_gets_the_nearest_cgroup_that_was_given_away_and_holds_no_process()
    {
        Write("user/app/cgroup.procs");
        Write("user/app/cgroup.subtree_control", "memory pids");
        Write("user/app/server/cgroup.procs", "1");
        var groups = ControlGroups.Detect("hopx-x", isRoot: false, [Mount("", "cgroup2", "rw")], ["0::/user/app/server"]);
        Assert.Equal("/user/app/hopx-x", groups.Group);
        Assert.Equal(["memory", "pids"], groups.Controllers.Order());
    }

    [Fact]
    public void A_user_of_version_2_who_was_given_nothing_is_told_how_to_get_it()
    {
        Write("session/cgroup.procs", "1");
        var groups = ControlGroups.Detect("hopx-x", isRoot: false, [Mount("", "cgroup2", "rw")], ["0::/session"]);
        Assert.False(groups.IsUsable);
        Assert.Contains("Delegate=yes", groups.WhyUnusable, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_of_version_2_uses_what_the_top_can_give()
    {
        Write("cgroup.controllers", "cpu memory pids io");
        Write("cgroup.subtree_control", "cpu");
        var groups = ControlGroups.Detect("hopx-x", isRoot: true, [Mount("", "cgroup2", "rw")], ["0::/x"]);
        Assert.Equal("/hopx-x", groups.Group);
        Assert.Superset(new HashSet<string> { "cpu", "memory", "pids" }, groups.Controllers.ToHashSet());
        Assert.True(groups.CanFreeze);
    }

    [Fact]
    public void No_cgroup_file_system_means_none() =>
        Assert.Equal(ControlGroupVersion.None, ControlGroups.Detect("hopx-x", isRoot: true, [], []).Version);

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    private MountEntry Mount(string name, string type, params string[] options)
    {
        var point = Path.Combine(_tree, name).TrimEnd('/');
        Directory.CreateDirectory(point);
        return new MountEntry("0:1", "/", point, type, "cgroup", options);
    }

    private void Write(string file, string text = "")
    {
        var path = Path.Combine(_tree, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
