using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Tests.Templates;

public sealed class BuiltInTemplatesTests
{
    [Fact]
    public void The_default_template_is_there_and_is_for_python()
    {
        var recipe = Assert.Single(BuiltInTemplates.All, recipe => recipe.Name == BuiltInTemplates.Default);

        Assert.Equal("python", recipe.Language);
        Assert.Equal("development", recipe.Category);
    }

    [Fact]
    public void Every_template_checks_what_it_promises()
    {
        Assert.All(BuiltInTemplates.All, recipe => Assert.NotEmpty(recipe.Checks));
        var checks = BuiltInTemplates.All.Single(recipe => recipe.Name == "code-interpreter").Checks.Select(check => check.Name).ToList();
        Assert.Superset(new HashSet<string> { "IPython", "numpy", "pandas", "matplotlib", "Node.js", "Go", "git", "curl", "bash" }, checks.ToHashSet());
    }

    [Fact]
    public void Resources_lie_between_least_and_most() => Assert.All(BuiltInTemplates.All, recipe =>
    {
        Assert.InRange(recipe.DefaultResources.Vcpu, recipe.MinResources.Vcpu, recipe.MaxResources.Vcpu);
        Assert.InRange(recipe.DefaultResources.MemoryMb, recipe.MinResources.MemoryMb, recipe.MaxResources.MemoryMb);
        Assert.InRange(recipe.DefaultResources.DiskGb, recipe.MinResources.DiskGb, recipe.MaxResources.DiskGb);
    });
}
