using System.Security.Cryptography;

namespace Hopx.Agent;

/// <summary>Names of what is not finished. Watches do not tell of them.</summary>
internal static class TemporaryName
{
    private const string Start = ".hopx-";
    private const string End = ".tmp";
    private const int Digits = 12;

    public static string Make() => $"{Start}{RandomNumberGenerator.GetHexString(Digits, lowercase: true)}{End}";

    public static bool Is(string name) =>
        name.Length == Start.Length + Digits + End.Length && name.StartsWith(Start, StringComparison.Ordinal) && name.EndsWith(End, StringComparison.Ordinal);
}
