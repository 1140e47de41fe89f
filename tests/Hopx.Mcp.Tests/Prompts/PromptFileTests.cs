using Hopx.Mcp.Prompts;
using ModelContextProtocol;

namespace Hopx.Mcp.Tests.Prompts;

public sealed class PromptFileTests
{
    private static readonly PromptFile Greeting = PromptFile.Parse(
        "greeting.md", "---\nname: greeting\ntitle: Greeting\ndescription: Greets: politely\nargument name: Who\nargument tone = kind: How\n---\nHello {{name}}, be {{ tone }}. {{name}}");

    [Fact]
    public void A_file_says_name_title_description_and_arguments()
    {
        var prompt = Greeting.ToProtocol();

        Assert.Equal(("greeting", "Greeting", "Greets: politely"), (prompt.Name, prompt.Title, prompt.Description));
        Assert.Equal([("name", true), ("tone", false)], prompt.Arguments!.Select(argument => (argument.Name, argument.Required is true)));
    }

    [Fact]
    public void A_value_is_put_in_as_it_is_and_brings_in_nothing_else() =>
        Assert.Equal("Hello {{tone}}, be kind. {{tone}}", Greeting.Fill(new Dictionary<string, string> { ["name"] = "{{tone}}" }));

    [Fact]
    public void A_missing_unknown_or_endless_value_is_refused()
    {
        Assert.Contains("needs the argument 'name': Who", Assert.Throws<McpProtocolException>(() => Greeting.Fill(new Dictionary<string, string>())).Message, StringComparison.Ordinal);
        Assert.Contains("no argument 'age'", Assert.Throws<McpProtocolException>(() => Greeting.Fill(new Dictionary<string, string> { ["name"] = "a", ["age"] = "1" })).Message, StringComparison.Ordinal);
        Assert.Throws<McpProtocolException>(() => Greeting.Fill(new Dictionary<string, string> { ["name"] = new('x', 20_001) }));
    }

    [Theory]
    [InlineData("no front matter")]
    [InlineData("---\nname: x\n---\ntext")]
    [InlineData("---\nnonsense\n---\ntext")]
    public void A_file_that_is_no_prompt_is_named(string content) =>
        Assert.Contains("x.md", Assert.Throws<FormatException>(() => PromptFile.Parse("x.md", content)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_prompt_that_is_served_can_be_filled()
    {
        foreach (var prompt in new PromptFiles().All.Values)
        {
            var filled = prompt.Fill(prompt.Arguments.ToDictionary(argument => argument.Name, argument => $"<{argument.Name}>"));
            Assert.All(prompt.Arguments, argument => Assert.Contains($"<{argument.Name}>", filled, StringComparison.Ordinal));
            Assert.DoesNotContain("{{", filled, StringComparison.Ordinal);
        }
    }
}
