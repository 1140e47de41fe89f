using Hopx.Client;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hopx.ControlPlane.Tests.Templates;

/// <summary>A template directory for real builds, shared so that each package is fetched once.</summary>
public sealed class BuilderFixture : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-builds-").FullName;
    private readonly HostUser _user = HostUser.Current();
    private string? _missing;

    internal string TemplatesPath => Path.Combine(_directory, "templates");

    internal TemplateBuilder Builder() =>
        new(new TemplateDirectory(TemplatesPath), _user, TimeProvider.System, NullLogger<TemplateBuilder>.Instance);

    internal void SkipUnlessReady() => Assert.SkipWhen(_missing is not null, _missing ?? "");

    internal IReadOnlyList<string> Unfinished =>
        Directory.Exists(Path.Combine(TemplatesPath, ".unfinished")) ? Directory.GetFileSystemEntries(Path.Combine(TemplatesPath, ".unfinished")) : [];

    public async ValueTask InitializeAsync()
    {
        try
        {
            var installer = new PackageInstaller(_user);
            await MachineSetup.RunAsync(
                [new SandboxPackagesStep(installer), new SubordinateIdsStep(_user)], new Progress<SetupProgress>(), TestContext.Current.CancellationToken);
        }
        catch (HopxException failure)
        {
            _missing = failure.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (SubordinateIds.Find(_user) is { } ids)
        {
            await new HostCommand("unshare", [.. ids.OwnerNamespace, "rm", "-rf", _directory]).RunAsync(onLine: null, CancellationToken.None);
        }

        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
