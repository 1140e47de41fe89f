namespace Hopx.ControlPlane.ApiKeys;

/// <summary>Metadata of event streams: these take the key as <c>?token=</c> too.</summary>
internal sealed class KeyMayBeInQuery
{
    public static readonly KeyMayBeInQuery Instance = new();

    private KeyMayBeInQuery()
    {
    }
}
