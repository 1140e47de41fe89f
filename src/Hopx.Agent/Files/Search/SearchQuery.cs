using System.Globalization;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>A search as a query says it, for callers without a body.</summary>
internal static class SearchQuery
{
    public static SearchFilesRequest From(IQueryCollection query) => new()
    {
        Path = query["path"],
        Pattern = query["pattern"],
        Literal = IsSet(query, "literal"),
        IgnoreCase = IsSet(query, "ignore_case"),
        Include = query["include"],
        Exclude = query.TryGetValue("exclude", out var names) ? names.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries) : null,
        Context = (int?)Number(query, "context"),
        Limit = (int?)Number(query, "limit"),
        Timeout = Number(query, "timeout"),
    };

    public static bool IsSet(IQueryCollection query, string name) => query[name].ToString() is "1" or "true";

    public static double? Number(IQueryCollection query, string name) => query[name].ToString() switch
    {
        "" => null,
        var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1e9 => number,
        var text => throw new HopxException(HopxErrorCode.InvalidRequest, $"'{name}' is '{(text.Length > 40 ? text[..40] : text)}', which is no number of use here."),
    };
}
