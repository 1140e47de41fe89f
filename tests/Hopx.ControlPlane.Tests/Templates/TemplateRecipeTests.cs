using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Tests.Templates;

public sealed class TemplateRecipeTests
{
    private static readonly TemplateRecipe Recipe = TinyRecipe.Create("tiny");

    [Fact]
    public void Another_package_step_check_or_variable_makes_another_hash()
    {
        TemplateRecipe[] changed =
        [
            Recipe with { Packages = ["file", "less"] },
            Recipe with { Steps = [] },
            Recipe with { ExcludedFiles = [] },
            Recipe with { Checks = [] },
            Recipe with { Environment = new Dictionary<string, string>() },
            Recipe with { WorkingDirectory = "/app" },
        ];

        var hashes = changed.Append(Recipe).Select(recipe => recipe.ComputeHash()).ToList();

        Assert.Equal(hashes.Count, hashes.Distinct().Count());
    }

    [Fact]
    public void Another_description_rebuilds_nothing()
    {
        var described = Recipe with { Description = "Other words.", DisplayName = "Other", Tags = ["new"] };

        Assert.Equal(Recipe.ComputeHash(), described.ComputeHash());
    }

    [Fact]
    public void A_value_cannot_move_from_one_part_of_a_recipe_to_the_next_unnoticed()
    {
        var one = Recipe with { Packages = ["a", "b"], ExcludedFiles = [] };
        var other = Recipe with { Packages = ["a"], ExcludedFiles = ["b"] };

        Assert.NotEqual(one.ComputeHash(), other.ComputeHash());
    }
}
