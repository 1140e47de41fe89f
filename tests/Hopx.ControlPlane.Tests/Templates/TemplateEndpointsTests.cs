using System.Net;
using System.Net.Http.Json;
using Hopx.Client;
using Hopx.ControlPlane.Hosting;

namespace Hopx.ControlPlane.Tests.Templates;

public sealed class TemplateEndpointsTests : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("hopx-").FullName;
    private readonly EmbeddedControlPlane _plane;
    private readonly HttpClient _http;

    public TemplateEndpointsTests()
    {
        _plane = new EmbeddedControlPlane(new ControlPlaneOptions { Home = _home }, static _ => { });
        _http = new HttpClient(_plane.CreateTransport()) { BaseAddress = new Uri("http://localhost") };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/templates/nope")]
    [InlineData("/v1/templates/build")]
    [InlineData("/v1/templates/99999999999999999999")]
    [InlineData("/v1/templates/%2e%2e%2fbase")]
    public async Task An_unknown_template_is_not_found(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), Token);
        var error = await answer.Content.ReadFromJsonAsync(HopxJson.Default.ErrorBody, Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.StartsWith("Template not found", error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=many")]
    [InlineData("cursor=after-x")]
    [InlineData("cursor=garbage")]
    public async Task A_senseless_page_is_refused(string query)
    {
        using var answer = await _http.GetAsync(new Uri($"/v1/templates?{query}", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task All_templates_are_listed_in_the_envelope_of_lists()
    {
        var page = await ListAsync("");

        Assert.Equal(["base", "code-interpreter", "desktop"], page.Data!.Select(template => template.Name));
        Assert.Equal(("list", false, null, "/v1/templates"), (page.Object, page.HasMore, page.NextCursor, page.Url));
        Assert.NotNull(page.RequestId);
    }

    [Theory]
    [InlineData("category=development", "code-interpreter")]
    [InlineData("language=python", "code-interpreter")]
    [InlineData("category=operating-system&language=bash", "base")]
    [InlineData("language=cobol", "")]
    [InlineData("category=&language=&fields=name,id&limit=9999", "base,code-interpreter,desktop")]
    [InlineData("limit=-3", "base")]
    public async Task Filters_narrow_the_list(string query, string names) =>
        Assert.Equal(names, string.Join(',', (await ListAsync(query)).Data!.Select(template => template.Name)));

    [Fact]
    public async Task Pages_follow_each_other_to_the_end()
    {
        var first = await ListAsync("limit=1");
        var second = await ListAsync($"limit=1&cursor={Uri.EscapeDataString(first.NextCursor!)}");

        Assert.True(first.HasMore);
        Assert.Equal("code-interpreter", Assert.Single(second.Data!).Name);
        var third = await ListAsync($"limit=1&cursor={Uri.EscapeDataString(second.NextCursor!)}");
        Assert.Equal("desktop", Assert.Single(third.Data!).Name);
        Assert.False(third.HasMore);
        Assert.Null(third.NextCursor);
    }

    [Theory]
    [InlineData("code-interpreter")]
    [InlineData("73")]
    public async Task A_template_is_given_by_name_or_id(string nameOrId)
    {
        var template = await _http.GetFromJsonAsync(new Uri($"/v1/templates/{nameOrId}", UriKind.Relative), HopxJson.Default.Template, Token);

        Assert.Equal(("73", "code-interpreter", TemplateStatus.Pending, false), (template!.Id, template.Name, template.Status, template.IsActive));
        Assert.NotNull(template.DisplayName);
        Assert.Contains("pandas", template.Features);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _plane.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private async Task<ListPage<Template>> ListAsync(string query) =>
        (await _http.GetFromJsonAsync(new Uri($"/v1/templates?{query}", UriKind.Relative), HopxJson.Default.ListPageTemplate, Token))!;
}
