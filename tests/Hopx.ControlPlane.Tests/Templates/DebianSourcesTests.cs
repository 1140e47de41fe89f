using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Tests.Templates;

public sealed class DebianSourcesTests
{
    [Fact]
    public void The_mirror_of_this_machine_is_used_and_other_publishers_are_not()
    {
        string[] targets =
        [
            "Debian|bookworm|bookworm|main|http://mirror.example/debian|http://mirror.example/debian/",
            "Debian|bookworm-security|bookworm-security|main|http://mirror.example/debian-security|http://mirror.example/debian-security/",
            "Debian Backports|bookworm-backports|bookworm-backports|main|http://mirror.example/debian|http://mirror.example/debian/",
            "Docker|bookworm|bookworm|stable|https://download.example|https://download.example/linux/debian/",
            ". nodistro|nodistro|nodistro|main|https://deb.example/node|https://deb.example/node/",
            "Somebody|bookworm|bookworm|main|https://packages.example/debian|https://packages.example/debian/",
        ];

        var lines = DebianSources.LinesFrom(targets, "bookworm");

        Assert.Equal(["deb http://mirror.example/debian bookworm main", "deb http://mirror.example/debian-security bookworm-security main"], lines);
    }

    [Fact]
    public void A_mirror_of_a_machine_with_a_newer_release_serves_ours() => Assert.Equal(
        ["deb http://mirror.example/debian bookworm main", "deb http://mirror.example/debian bookworm-updates main"],
        DebianSources.LinesFrom(
            [
                "Debian|trixie|trixie|main|http://mirror.example/debian|http://mirror.example/debian/",
                "Debian|trixie-updates|trixie-updates|main|http://mirror.example/debian|http://mirror.example/debian/",
            ],
            "trixie"));

    [Fact]
    public void Without_a_mirror_of_debian_its_own_hosts_serve() => Assert.Equal(
        DebianSources.Standard,
        DebianSources.LinesFrom(["Ubuntu|noble|noble|main|http://archive.example/ubuntu|http://archive.example/ubuntu/", ""], hostCodename: null));

    [Fact]
    public void Only_settings_about_how_packages_are_fetched_are_carried_over() => Assert.Equal(
        ["Acquire::http::Proxy \"http://127.0.0.1:3142\";", "Acquire::Check-Valid-Until \"false\";"],
        DebianSources.OptionsFrom(
        [
            "APT::Install-Recommends \"1\";",
            "Acquire \"\";",
            "Acquire::http \"\";",
            "Acquire::http::Proxy \"http://127.0.0.1:3142\";",
            "Acquire::httpfoo::Bar \"1\";",
            "Acquire::Check-Valid-Until \"false\";",
            "DPkg::Post-Invoke:: \"rm -f /var/cache/apt/archives/*.deb\";",
        ]));
}
