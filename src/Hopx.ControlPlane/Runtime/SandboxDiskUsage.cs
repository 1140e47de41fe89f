using System.Globalization;
using Hopx.Client;

namespace Hopx.ControlPlane.Runtime;

/// <summary>What a sandbox takes on this machine's disk.</summary>
internal sealed record SandboxDiskUsage(long Bytes)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Counts the blocks that are really taken, not the lengths that files claim.</summary>
    /// <remarks>
    /// <c>du</c> follows no link, stays on one file system and goes as deep as a tree goes, from within the namespace of the sandbox's ids,
    /// so that no mode hides a directory from it. A tree that it cannot count in time counts as endless.
    /// </remarks>
    public static async Task<SandboxDiskUsage> MeasureAsync(string directory, Machine machine, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!Directory.Exists(directory))
        {
            throw new HopxException(HopxErrorCode.SandboxNotFound, $"There is no sandbox in '{directory}'.");
        }

        string[] count = ["du", "-s", "-x", "-P", "--block-size=1", "--", directory];
        var command = machine.User.IsRoot ? count : ["unshare", .. machine.Ids.OwnerNamespace, .. count];
        var result = await ToolProcess.RunAsync(command[0], command[1..], Patience);
        if (result.ExitCode == 124)
        {
            return new SandboxDiskUsage(long.MaxValue);
        }

        // A running sandbox changes its tree meanwhile: du then complains and still counts.
        return long.TryParse(result.Output.Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? new SandboxDiskUsage(bytes)
            : throw new HopxException(HopxErrorCode.InternalError, $"The disk usage of '{directory}' could not be measured: {result.Complaint}");
    }
}
