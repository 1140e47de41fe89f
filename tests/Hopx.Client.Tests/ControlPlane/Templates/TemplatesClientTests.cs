namespace Hopx.Client.Tests.ControlPlane.Templates;

public sealed class TemplatesClientTests : CloudTest
{
    [Fact]
    public async Task Listing_filters_by_category_and_language()
    {
        var page = await Client.Templates.ListAsync("development", "python", Token);

        Assert.Equal("code-interpreter", Assert.Single(page.Data!).Name);
        Assert.Equal("?category=development&language=python", Cloud.Requests.All.Single().Query);
    }

    [Theory]
    [InlineData("code-interpreter")]
    [InlineData("73")]
    public async Task A_template_is_found_by_name_and_by_identifier(string nameOrId)
    {
        var template = await Client.Templates.GetAsync(nameOrId, Token);

        Assert.Equal(("73", "code-interpreter"), (template.Id, template.Name));
        Assert.Equal(TemplateStatus.Active, template.Status);
    }

    [Fact]
    public async Task A_missing_template_is_named_in_the_error()
    {
        var failure = await FailsAsync(() => Client.Templates.GetAsync("no/pe", Token));

        Assert.Equal(HopxErrorCode.TemplateNotFound, failure.Code);
        Assert.Contains("'no/pe'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(404, failure.StatusCode);
    }

    [Fact]
    public async Task A_name_that_would_lead_to_another_route_is_never_sent()
    {
        Assert.Equal(HopxErrorCode.TemplateNotFound, (await FailsAsync(() => Client.Templates.GetAsync("..", Token))).Code);
        Assert.Empty(Cloud.Requests.All);
    }

    [Fact]
    public async Task Health_needs_no_key()
    {
        using var stranger = Cloud.CreateClient(options => options.ApiKey = null);

        Assert.Equal("healthy", (await stranger.GetHealthAsync(Token)).Status);
        Assert.Equal(HopxErrorCode.AuthenticationRequired, (await FailsAsync(() => stranger.Templates.ListAsync(cancellationToken: Token))).Code);
    }
}
