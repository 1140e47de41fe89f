using System.Diagnostics.CodeAnalysis;

namespace Hopx.ControlPlane.ApiKeys;

/// <summary>What scopes are called on the command line and in the state file.</summary>
internal static class ApiKeyScopeNames
{
    public const string Full = "full";
    public const string ReadOnly = "read-only";

    extension(ApiKeyScope scope)
    {
        public string Name => scope is ApiKeyScope.Full ? Full : ReadOnly;

        public static bool TryParse(string text, [NotNullWhen(true)] out ApiKeyScope? parsed)
        {
            parsed = text switch { Full => ApiKeyScope.Full, ReadOnly => ApiKeyScope.ReadOnly, _ => null };
            return parsed is not null;
        }
    }
}
