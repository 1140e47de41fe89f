using System.Text.Json;

namespace Hopx.SemanticKernel.Tests.Definitions;

/// <summary>What a model is told about each function, kept as files so that a change is seen.</summary>
public sealed class DefinitionTests : FunctionTest
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("run_code")]
    [InlineData("run_command")]
    [InlineData("read_file")]
    [InlineData("write_file")]
    public async Task A_definition_is_as_recorded(string name)
    {
        var function = Functions.All.Single(function => function.Name == name);
        var actual = JsonSerializer.Serialize(new { function.Name, function.Description, function.JsonSchema, function.ReturnJsonSchema }, Indented) + "\n";

        var recorded = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Definitions", name + ".json"), Token);

        Assert.Equal(recorded, actual);
    }

    [Fact]
    public void There_are_no_others() => Assert.Equal(["run_code", "run_command", "read_file", "write_file"], Functions.All.Select(function => function.Name));
}
