using System.Text.RegularExpressions;
using Hopx.Client;

namespace Hopx.Mcp.Conversations;

/// <summary>Identifiers of sandboxes as callers write them.</summary>
internal static partial class SandboxIds
{
    /// <summary>The identifier, or null where there is none; one that no service could have made is not found, like any other.</summary>
    public static string? Clean(string? sandboxId)
    {
        if (string.IsNullOrWhiteSpace(sandboxId))
        {
            return null;
        }

        var id = sandboxId.Trim();
        return Shape().IsMatch(id) ? id : throw NotFound(id.Length > 64 ? id[..64] + "…" : id);
    }

    public static HopxException NotFound(string id) => new(
        HopxErrorCode.SandboxNotFound, $"Sandbox '{id}' not found. It has expired, was deleted, or belongs to somebody else.");

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex Shape();
}
