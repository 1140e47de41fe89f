using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Which files the file routes may touch, and how large they may be.</summary>
internal sealed class FilesOptions
{
    /// <summary>Directories that callers may work in, besides the template's own working directory; separated by colons.</summary>
    /// <value>Absolute paths; <c>/workspace:/tmp</c> by default.</value>
    public string Roots { get; set; } = "/workspace:/tmp";

    /// <summary>The largest file that one answer of <c>/files/read</c> carries; larger ones are for <c>/files/download</c>.</summary>
    /// <value>From 1 KiB to 256 MiB; 16 MiB by default.</value>
    [Range(1024, 256 * 1024 * 1024)]
    public int ReadLimitBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The largest upload.</summary>
    /// <value>From 1 MiB to 1 TiB; 8 GiB by default.</value>
    [Range(1024L * 1024, 1024L * 1024 * 1024 * 1024)]
    public long UploadLimitBytes { get; set; } = 8L * 1024 * 1024 * 1024;

    /// <summary>The most entries that one answer of <c>/files/list</c> carries.</summary>
    /// <value>From 100 to 1,000,000; 200,000 by default.</value>
    [Range(100, 1_000_000)]
    public int ListLimit { get; set; } = 200_000;

    /// <summary>Whether a written file has reached the disk before the answer goes out. Off, the host may lose what was written last when it loses power; never half of it.</summary>
    /// <value>false by default.</value>
    public bool FlushToDisk { get; set; }

    /// <summary>The most directories that all watches together may hold; the kernel has a limit of its own.</summary>
    /// <value>From 100 to 1,000,000; 100,000 by default.</value>
    [Range(100, 1_000_000)]
    public int WatchLimit { get; set; } = 100_000;
}

[OptionsValidator]
internal sealed partial class FilesOptionsValidator : IValidateOptions<FilesOptions>;
