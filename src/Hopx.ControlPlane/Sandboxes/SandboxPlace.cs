namespace Hopx.ControlPlane.Sandboxes;

/// <summary>A sandbox's place in lists: by age, and by id where two are of one age. It never changes, so pages stay right while sandboxes come and go.</summary>
internal readonly record struct SandboxPlace(long CreatedTicks, string Id) : IComparable<SandboxPlace>
{
    public static readonly SandboxPlace First = new(long.MinValue, "");

    public static SandboxPlace Of(SandboxRecord record) => new(record.CreatedAt.UtcTicks, record.Id);

    public int CompareTo(SandboxPlace other) => CreatedTicks.CompareTo(other.CreatedTicks) is not 0 and var byAge ? byAge : string.CompareOrdinal(Id, other.Id);

    public static bool operator <(SandboxPlace left, SandboxPlace right) => left.CompareTo(right) < 0;

    public static bool operator >(SandboxPlace left, SandboxPlace right) => left.CompareTo(right) > 0;

    public static bool operator <=(SandboxPlace left, SandboxPlace right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SandboxPlace left, SandboxPlace right) => left.CompareTo(right) >= 0;
}
