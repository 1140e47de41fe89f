using Hopx.Client;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;

namespace Hopx.Benchmarks.Machine;

/// <summary>Debian packages for a sandbox, fetched by this machine from where its templates come from: a sandbox may have no way there.</summary>
internal static class SandboxPackages
{
    /// <returns>Why they are not installed; null when they are.</returns>
    public static async Task<string?> InstallAsync(AgentClient agent, params string[] names)
    {
        if (!HostPackage.IsInPath("apt-get"))
        {
            return "apt-get, which fetches the packages, is not in PATH.";
        }

        var place = Directory.CreateTempSubdirectory("hopx-packages-");
        try
        {
            // apt works in this directory alone: it takes the sandbox's packages for those that are installed.
            var archives = Directory.CreateDirectory(Path.Combine(place.FullName, "cache", "archives"));
            var sources = await DebianSources.OfThisMachineAsync(CancellationToken.None);
            await File.WriteAllLinesAsync(Path.Combine(place.FullName, "sources.list"), sources.Lines);
            await agent.Commands.RunAsync("mkdir /tmp/packages && cp /var/lib/dpkg/status /tmp/packages/");
            await File.WriteAllBytesAsync(Path.Combine(place.FullName, "status"), await agent.Files.ReadBytesAsync("/tmp/packages/status"));
            string[] options =
            [
                $"Dir::State={place.FullName}", $"Dir::State::status={place.FullName}/status", $"Dir::Cache={place.FullName}/cache",
                $"Dir::Etc::sourcelist={place.FullName}/sources.list", "Dir::Etc::sourceparts=-", "APT::Install-Recommends=false", "APT::Sandbox::User=root",
            ];
            if (await AptAsync("update") is { } notUpdated)
            {
                return notUpdated;
            }

            if (await AptAsync(["install", "--download-only", "--yes", .. names]) is { } notFetched)
            {
                return notFetched;
            }

            foreach (var package in archives.EnumerateFiles("*.deb"))
            {
                await using var content = package.OpenRead();
                await agent.Files.UploadAsync($"/tmp/packages/{package.Name}", content);
            }

            var installed = await agent.Commands.RunAsync(
                new CommandRequest { Command = "dpkg --force-unsafe-io --install /tmp/packages/*.deb && rm -r /tmp/packages", Timeout = 300 });
            return installed.ExitCode == 0 ? null : $"dpkg ended with exit code {installed.ExitCode}: {installed.Stderr.Trim()}";

            async Task<string?> AptAsync(params string[] arguments)
            {
                var result = await new HostCommand("apt-get", [.. options.SelectMany(option => new[] { "-o", option }), .. arguments]).RunAsync(onLine: null, CancellationToken.None);
                return result.ExitCode == 0 ? null : $"apt-get {arguments[0]} ended with exit code {result.ExitCode}: {result.Tail}";
            }
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }
}
