using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;
using Hopx.ControlPlane.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Templates;

/// <summary>Services and routes of templates.</summary>
internal static class TemplateEndpoints
{
    private const int LargestPage = 100;
    private const string CursorPrefix = "after-";

    public static IServiceCollection AddTemplates(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => HostUser.Current());
        services.TryAddSingleton(provider => new TemplateDirectory(provider.GetRequiredService<IOptions<ControlPlaneOptions>>().Value.TemplateDirectory));
        services.AddSingleton<TemplateBuilder>();
        services.AddSingleton<TemplateCatalog>();
        foreach (var recipe in BuiltInTemplates.All)
        {
            services.AddSingleton(recipe);
        }

        return services;
    }

    public static IEndpointRouteBuilder MapTemplates(this IEndpointRouteBuilder routes)
    {
        var templates = routes.MapGroup("/v1/templates");
        templates.MapGet("/", List).Describe("listTemplates", "Templates", "The templates that sandboxes are made from.").Answers<ListPage<Template>>().Refuses(400, 401);
        templates.MapGet("/{nameOrId}", Get).Describe("getTemplate", "Templates", "One template, by name or id.").Answers<Template>().Refuses(401, 404);
        return routes;
    }

    private static JsonHttpResult<Template> Get(string nameOrId, TemplateCatalog catalog, HttpContext context)
    {
        // Templates are everybody's, but everybody needs a key.
        _ = context.Caller;
        return JsonAnswer.Of(catalog.Get(nameOrId) with { RequestId = RequestId.Of(context) }, HopxJson.Default.Template);
    }

    private static JsonHttpResult<ListPage<Template>> List(
        string? category, string? language, string? limit, string? cursor, TemplateCatalog catalog, HttpContext context)
    {
        _ = context.Caller;
        var after = ReadCursor(cursor);
        var size = ReadLimit(limit);
        var rest = catalog.List()
            .Where(template => IsOrIsEmpty(category, template.Category) && IsOrIsEmpty(language, template.Language))
            .Where(template => NumberOf(template) > after)
            .Take(size + 1)
            .ToList();
        var hasMore = rest.Count > size;
        var page = hasMore ? rest[..size] : rest;
        var result = new ListPage<Template>
        {
            Data = page,
            HasMore = hasMore,
            NextCursor = hasMore ? CursorAfter(page[^1]) : null,
            Url = "/v1/templates",
            RequestId = RequestId.Of(context),
        };
        return JsonAnswer.Of(result, HopxJson.Default.ListPageTemplate);
    }

    private static bool IsOrIsEmpty(string? wanted, string? actual) =>
        string.IsNullOrEmpty(wanted) || string.Equals(wanted, actual, StringComparison.OrdinalIgnoreCase);

    /// <summary>Clamped, not refused: clients ask for more than a page holds.</summary>
    private static int ReadLimit(string? limit)
    {
        if (string.IsNullOrEmpty(limit))
        {
            return LargestPage;
        }

        return long.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? (int)Math.Clamp(number, 1, LargestPage)
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"limit is '{limit}'; a whole number from 1 to {LargestPage} is expected.");
    }

    private static long NumberOf(Template template) => long.Parse(template.Id!, CultureInfo.InvariantCulture);

    private static string CursorAfter(Template template) => CursorPrefix + template.Id;

    private static long ReadCursor(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return -1;
        }

        return cursor.StartsWith(CursorPrefix, StringComparison.Ordinal)
            && long.TryParse(cursor.AsSpan(CursorPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"cursor is '{cursor}', which no answer of this service gave. Leave it out to begin at the first page.");
    }
}
