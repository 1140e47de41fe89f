using System.Globalization;

namespace Hopx.ControlPlane.Setup;

/// <summary>The block of user and group ids that the system set aside for this user; a sandbox's ids are mapped onto it.</summary>
internal sealed record SubordinateIds(uint FirstUser, uint FirstGroup)
{
    /// <summary>Size of the block: all the ids that a Debian root file system uses.</summary>
    public const uint Count = 65_536;

    private const uint LowestFree = 1_000_000;

    /// <summary>Arguments of <c>unshare</c> for a namespace in which id 0 is the first of the block and this user is nobody.</summary>
    /// <remarks>
    /// The block is named, not found by <c>--map-auto</c>: util-linux 2.38 takes the first entry of any user for root's.
    /// The form with commas is the one that both 2.38 and its successors read.
    /// </remarks>
    public IReadOnlyList<string> GuestNamespace =>
    [
        "--user", $"--map-users={FirstUser},0,{Count}", $"--map-groups={FirstGroup},0,{Count}", "--setuid=0", "--setgid=0",
    ];

    /// <summary>Arguments of <c>unshare</c> for a namespace in which id 0 is this user and id 1 the first of the block.</summary>
    public IReadOnlyList<string> OwnerNamespace =>
    [
        "--user", "--map-root-user", $"--map-users={FirstUser},1,{Count - 1}", $"--map-groups={FirstGroup},1,{Count - 1}",
    ];

    /// <summary>The user's block in the texts of <c>/etc/subuid</c> and <c>/etc/subgid</c>; null when one of them has none that is large enough.</summary>
    public static SubordinateIds? Find(HostUser user, string users, string groups) =>
        FirstOf(user, users) is { } firstUser && FirstOf(user, groups) is { } firstGroup ? new(firstUser, firstGroup) : null;

    /// <summary>The user's block on this machine; null when there is none.</summary>
    public static SubordinateIds? Find(HostUser user) => Find(user, Read("/etc/subuid"), Read("/etc/subgid"));

    /// <summary>Where a block can begin that overlaps no entry of either file.</summary>
    public static uint FirstFree(string users, string groups)
    {
        var end = Entries(users).Concat(Entries(groups))
            .Select(entry => (ulong)entry.First + entry.Count)
            .Append(LowestFree)
            .Max();
        return end + Count <= uint.MaxValue ? (uint)end : throw new OverflowException("No block of ids is left above the entries of /etc/subuid and /etc/subgid.");
    }

    /// <summary>The text of one of the files; empty when it is not there.</summary>
    public static string Read(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private static uint? FirstOf(HostUser user, string text) =>
        Entries(text).Where(entry => user.Owns(entry.Owner) && entry.Count >= Count).Select(entry => (uint?)entry.First).FirstOrDefault();

    private static IEnumerable<(string Owner, uint First, uint Count)> Entries(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(':') is [var owner, var first, var count]
                && uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
                && uint.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            {
                yield return (owner, start, size);
            }
        }
    }
}
