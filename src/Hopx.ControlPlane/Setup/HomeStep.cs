using Hopx.Client;
using Hopx.ControlPlane.State;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Setup;

/// <summary>The home directory is there, writable, and closed to other users.</summary>
internal sealed class HomeStep(IOptions<ControlPlaneOptions> options) : ISetupStep
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Name => "home";

    public Task<SetupFinding> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            var home = new HomeDirectory(options.Value.Home);
            if (!Directory.Exists(home.Path))
            {
                return Task.FromResult(SetupFinding.Missing($"'{home.Path}' is not there yet.", "Run 'hopx-mcp setup'."));
            }

            home.Prepare();
            return Task.FromResult(File.GetUnixFileMode(home.Path) == OwnerOnly
                ? SetupFinding.Ready(home.Path)
                : SetupFinding.Missing($"'{home.Path}' is open to other users.", $"Run 'chmod 700 {home.Path}'."));
        }
        catch (HopxException failure)
        {
            return Task.FromResult(new SetupFinding(IsReady: false, failure.Message));
        }
    }

    public Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken)
    {
        var home = new HomeDirectory(options.Value.Home);
        home.Prepare();
        // Templates hold set-uid files and sandboxes their owner's data: neither is for other users of this machine.
        if (File.GetUnixFileMode(home.Path) != OwnerOnly)
        {
            File.SetUnixFileMode(home.Path, OwnerOnly);
        }

        return Task.CompletedTask;
    }
}
