using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>One entry of a directory. Flags and times go out in both spellings, since the SDKs disagree.</summary>
public sealed record FileEntry
{
    public required string Name { get; init; }

    public required string Path { get; init; }

    public long Size { get; init; }

    public bool IsDirectory { get; init; }

    public bool IsDir { get => IsDirectory; init => IsDirectory |= value; }

    public DateTimeOffset ModifiedTime { get; init; }

    public DateTimeOffset Modified { get => ModifiedTime; init => ModifiedTime = value == default ? ModifiedTime : value; }

    /// <summary>As <c>ls -l</c> shows them, such as <c>-rw-r--r--</c>.</summary>
    [AllowNull]
    public string Permissions { get => field ?? ""; init; }
}
