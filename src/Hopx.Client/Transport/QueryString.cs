using System.Globalization;
using System.Text.Json;

namespace Hopx.Client;

/// <summary>Query strings with everything escaped and absent values left out.</summary>
internal static class QueryString
{
    public static string Append(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
            {
                path += $"{separator}{name}={Uri.EscapeDataString(value)}";
                separator = '&';
            }
        }

        return path;
    }

    public static string? Number(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    public static string? Flag(bool value) => value ? "true" : null;

    public static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    public static string Name<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
