namespace Hopx.Testing;

/// <summary>A path in which <c>*</c> stands for exactly one segment.</summary>
internal static class PathPattern
{
    public static bool Matches(string pattern, string path)
    {
        var wanted = pattern.Split('/');
        var found = path.Split('/');
        return wanted.Length == found.Length && wanted.Zip(found).All(pair => pair.First is "*" || pair.First == pair.Second);
    }
}
