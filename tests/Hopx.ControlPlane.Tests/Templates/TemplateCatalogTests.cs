using Hopx.Client;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hopx.ControlPlane.Tests.Templates;

public sealed class TemplateCatalogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-templates-").FullName;

    [Theory]
    [InlineData("nope")]
    [InlineData("Code-Interpreter")]
    [InlineData("0")]
    [InlineData("../base")]
    [InlineData("")]
    public void An_unknown_name_is_not_found_and_the_known_ones_are_told(string name)
    {
        var failure = Assert.Throws<HopxException>(() => Catalog(BuiltInTemplates.All).Get(name));

        Assert.Equal(HopxErrorCode.TemplateNotFound, failure.Code);
        Assert.StartsWith("Template not found", failure.Message, StringComparison.Ordinal);
        Assert.Contains("code-interpreter", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("build", "1")]
    [InlineData("files", "1")]
    [InlineData("Stream", "1")]
    [InlineData("base", "1")]
    [InlineData("other", "72")]
    public void A_name_or_id_that_is_taken_stops_the_start(string name, string id) =>
        Assert.Equal(
            HopxErrorCode.InvalidConfiguration,
            Assert.Throws<HopxException>(() => Catalog([.. BuiltInTemplates.All, TinyRecipe.Create(name, id)])).Code);

    [Fact]
    public void A_template_is_found_by_name_and_by_id()
    {
        var catalog = Catalog(BuiltInTemplates.All);

        Assert.Equal("73", catalog.Get("code-interpreter").Id);
        Assert.Equal("code-interpreter", catalog.Get("73").Name);
    }

    [Fact]
    public void A_template_that_is_not_built_yet_is_pending() => Assert.All(Catalog(BuiltInTemplates.All).List(), template =>
    {
        Assert.Equal(TemplateStatus.Pending, template.Status);
        Assert.False(template.IsActive);
        Assert.Null(template.BuildId);
    });

    [Fact]
    public void A_manifest_that_cannot_be_read_is_no_template()
    {
        var build = Directory.CreateDirectory(Path.Combine(_directory, "base", "half"));
        File.WriteAllText(Path.Combine(build.FullName, "template.json"), "{\"id\":");

        Assert.Equal(TemplateStatus.Pending, Catalog(BuiltInTemplates.All).Get("base").Status);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private TemplateCatalog Catalog(IEnumerable<TemplateRecipe> recipes) => new(
        recipes, new TemplateBuilder(new TemplateDirectory(_directory), HostUser.Current(), TimeProvider.System, NullLogger<TemplateBuilder>.Instance));
}
