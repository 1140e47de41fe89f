using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>The program that serves the desktop, where the template has one.</summary>
internal sealed class DesktopProgramOptions
{
    /// <summary>Where the control plane puts it.</summary>
    /// <value>An absolute path; <c>/.hopx/desktop</c> by default.</value>
    [Required]
    public string Program { get; set; } = "/.hopx/desktop";

    /// <summary>Where it listens; the directory belongs to the desktop's user.</summary>
    /// <value>An absolute path; <c>/run/hopx</c> by default.</value>
    [Required]
    public string Directory { get; set; } = "/run/hopx";

    /// <summary>The ordinary user that the desktop belongs to.</summary>
    /// <value>A name of the template's; <c>user</c> by default.</value>
    [Required]
    public string User { get; set; } = "user";

    /// <summary>That user's home.</summary>
    /// <value>An absolute path; <c>/home/user</c> by default.</value>
    [Required]
    public string Home { get; set; } = "/home/user";

    /// <summary>Whether the desktop starts with the sandbox instead of with the first call.</summary>
    /// <value>False by default; true with <c>HOPX_DESKTOP_START=1</c>.</value>
    public bool StartAtOnce { get; set; }

    public string Socket => Path.Combine(Directory, "desktop.sock");
}

[OptionsValidator]
internal sealed partial class DesktopProgramOptionsValidator : IValidateOptions<DesktopProgramOptions>;
