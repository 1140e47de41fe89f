using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Decides where a run starts. The SDKs name <c>/workspace</c> in every call, so that name stands for the template's own directory.</summary>
internal sealed class WorkingDirectory(IOptions<AgentOptions> options)
{
    private const string Conventional = "/workspace";

    public string Default => options.Value.Workdir;

    /// <param name="workdir">The first spelling, which wins.</param>
    /// <param name="workingDir">The other spelling.</param>
    public string Resolve(string? workdir, string? workingDir)
    {
        var asked = string.IsNullOrEmpty(workdir) ? workingDir : workdir;
        if (string.IsNullOrEmpty(asked) || asked.TrimEnd('/') == Conventional)
        {
            Directory.CreateDirectory(Default);
            return Default;
        }

        if (asked.Contains('\0', StringComparison.Ordinal))
        {
            throw new HopxException(HopxErrorCode.InvalidPath, "The working directory holds a NUL character. Name an existing directory.");
        }

        var path = Path.GetFullPath(asked, Default);
        if (path == Default)
        {
            Directory.CreateDirectory(Default);
        }

        return Directory.Exists(path)
            ? path
            : throw new HopxException(
                HopxErrorCode.InvalidPath,
                $"The working directory '{asked}' {(File.Exists(path) ? "is a file" : "does not exist")} in the sandbox. Make it first, or leave it out to use {Default}.")
            {
                Path = path,
            };
    }
}
