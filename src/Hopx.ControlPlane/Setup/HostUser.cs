using System.Globalization;
using System.Runtime.InteropServices;

namespace Hopx.ControlPlane.Setup;

/// <summary>The user that this process runs as.</summary>
internal sealed partial record HostUser(string Name, uint Id)
{
    public bool IsRoot => Id == 0;

    public static HostUser Current() => new(Environment.UserName, GetEffectiveUserId());

    /// <summary>Whether an entry of <c>/etc/subuid</c> is for this user; both forms are in use.</summary>
    public bool Owns(string entryOwner) =>
        entryOwner == Name || entryOwner == Id.ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetEffectiveUserId();
}
