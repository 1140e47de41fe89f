using Hopx.Client;

namespace Hopx.ControlPlane.Templates;

/// <summary>The templates that there are, and the way from a name or id to one that is ready.</summary>
internal sealed class TemplateCatalog(IEnumerable<TemplateRecipe> recipes, TemplateBuilder builder)
{
    /// <summary>Words that are routes of the API and so cannot be names.</summary>
    public static readonly IReadOnlySet<string> ReservedNames = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "build", "files", "stream" };

    private readonly TemplateRecipe[] _recipes = Checked(recipes);

    /// <summary>All templates by id; one that has yet to be built is pending, and is built when a sandbox is made from it.</summary>
    public IReadOnlyList<Template> List() => [.. _recipes.Select(Describe)];

    /// <summary>The template of that name or id, as the API shows it.</summary>
    public Template Get(string nameOrId) => Describe(Recipe(nameOrId));

    /// <summary>The recipe of that name or id.</summary>
    public TemplateRecipe Recipe(string nameOrId) =>
        _recipes.FirstOrDefault(recipe => recipe.Name == nameOrId || recipe.Id == nameOrId)
        ?? throw new HopxException(
            HopxErrorCode.TemplateNotFound,
            $"Template not found: '{nameOrId}'. There are: {string.Join(", ", _recipes.Select(recipe => recipe.Name))}.");

    /// <summary>The template, if it is ready to be used.</summary>
    public BuiltTemplate? FindBuilt(string nameOrId) => FindBuilt(Recipe(nameOrId));

    public BuiltTemplate? FindBuilt(TemplateRecipe recipe) => builder.Find(recipe);

    /// <summary>The one way to a template for setup, demo, tests and sandboxes: built now if it is not there yet.</summary>
    public Task<BuiltTemplate> EnsureBuiltAsync(string nameOrId, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken) =>
        EnsureBuiltAsync(Recipe(nameOrId), progress, cancellationToken);

    public Task<BuiltTemplate> EnsureBuiltAsync(TemplateRecipe recipe, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken) =>
        builder.EnsureBuiltAsync(recipe, progress, cancellationToken);

    private Template Describe(TemplateRecipe recipe)
    {
        var built = builder.Find(recipe)?.Manifest;
        var status = built is not null ? TemplateStatus.Active
            : builder.Running(recipe.Name) is not null ? TemplateStatus.Building
            : TemplateStatus.Pending;
        return new Template
        {
            Id = recipe.Id,
            Name = recipe.Name,
            DisplayName = recipe.DisplayName,
            Description = recipe.Description,
            Category = recipe.Category,
            Language = recipe.Language,
            DefaultResources = recipe.DefaultResources,
            MinResources = recipe.MinResources,
            MaxResources = recipe.MaxResources,
            Features = recipe.Features,
            Tags = recipe.Tags,
            IsActive = status is TemplateStatus.Active,
            IsPublic = true,
            Status = status,
            BuildId = built?.BuildId,
            CreatedAt = built?.CreatedAt,
            UpdatedAt = built?.CreatedAt,
        };
    }

    private static TemplateRecipe[] Checked(IEnumerable<TemplateRecipe> recipes)
    {
        var ordered = recipes.OrderBy(recipe => long.Parse(recipe.Id, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var bad = ordered.FirstOrDefault(recipe => ReservedNames.Contains(recipe.Name))?.Name
            ?? ordered.GroupBy(recipe => recipe.Name).FirstOrDefault(same => same.Count() > 1)?.Key
            ?? ordered.GroupBy(recipe => recipe.Id).FirstOrDefault(same => same.Count() > 1)?.Key;
        return bad is null
            ? ordered
            : throw new HopxException(HopxErrorCode.InvalidConfiguration, $"'{bad}' cannot be a template's name or id: it is taken. Choose another.");
    }
}
