using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>How the desktop is set up, by environment variables with the prefix <c>HOPX_DESKTOP_</c>.</summary>
internal sealed class DesktopOptions
{
    /// <summary><c>HOPX_DESKTOP_DIRECTORY</c>: for sockets and notes; belongs to the desktop's user alone.</summary>
    /// <value>An absolute path; <c>/run/hopx</c> by default.</value>
    [Required]
    public string Directory { get; set; } = "/run/hopx";

    /// <summary><c>HOPX_DESKTOP_DISPLAY</c>: number of the X display.</summary>
    /// <value>From 1 to 99; 1 by default.</value>
    [Range(1, 99)]
    public int Display { get; set; } = 1;

    /// <summary><c>HOPX_DESKTOP_WIDTH</c>: of the screen at first.</summary>
    /// <value>From 640 to 3840; 1280 by default.</value>
    [Range(640, 3840)]
    public int Width { get; set; } = 1280;

    /// <summary><c>HOPX_DESKTOP_HEIGHT</c>: of the screen at first.</summary>
    /// <value>From 480 to 2400; 800 by default.</value>
    [Range(480, 2400)]
    public int Height { get; set; } = 800;

    /// <summary><c>HOPX_DESKTOP_RECORDINGS</c>: where videos are kept.</summary>
    /// <value>An absolute path; <c>recordings</c> in the directory <c>/tmp</c> by default.</value>
    [Required]
    public string Recordings { get; set; } = "/tmp/recordings";

    public string Socket => Path.Combine(Directory, "desktop.sock");

    public string DisplayName => $":{Display}";

    public int VncPort => 5900 + Display;
}

[OptionsValidator]
internal sealed partial class DesktopOptionsValidator : IValidateOptions<DesktopOptions>;
