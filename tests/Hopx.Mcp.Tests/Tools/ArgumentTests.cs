namespace Hopx.Mcp.Tests.Tools;

public sealed class ArgumentTests : CloudTest
{
    [Theory]
    [InlineData("run_code", "code", 5, "code must be a string, but is the number 5.")]
    [InlineData("run_code", "code", null, "Missing required argument: code.")]
    [InlineData("run_code", "cod", "1", "Unknown argument: cod. Missing required argument: code. run_code takes: code (string, required), language (string)")]
    [InlineData("run_code", "timeout_seconds", "soon", "timeout_seconds must be a whole number, but is the string \"soon\".")]
    [InlineData("run_code", "timeout_seconds", 1.5, "timeout_seconds must be a whole number, but is the number 1.5.")]
    [InlineData("run_code", "timeout_seconds", 3e10, "timeout_seconds must be a whole number")]
    [InlineData("edit_file", "replace_all", "yes", "replace_all must be true or false, but is the string \"yes\".")]
    [InlineData("sandbox_control", "action", "explode", "action is \"explode\"; it must be one of info, pause, resume, stop, start, extend.")]
    [InlineData("sandbox_create", "env_vars", "A=1", "env_vars must be an object, but is the string \"A=1\".")]
    [InlineData("read_file", "path", " ", "path is empty.")]
    [InlineData("list_files", "path", "a\0b", "path holds a NUL character.")]
    public async Task A_wrong_argument_is_named_with_what_is_right(string tool, string name, object? value, string problem)
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);

        var text = (await mcp.CallAsync(tool, new Dictionary<string, object?> { [name] = value }, Stop)).Failed();

        Assert.Contains(problem, text, StringComparison.Ordinal);
        Assert.Empty(Cloud.Requests.All);
    }

    [Fact]
    public async Task A_variable_that_is_no_text_or_has_no_name_is_refused()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);

        Assert.Contains(
            "env_vars.A must be a string, but is the number 1.",
            (await mcp.CallAsync("sandbox_create", new { env_vars = new Dictionary<string, object> { ["A"] = 1 } }, Stop)).Failed(),
            StringComparison.Ordinal);
        Assert.Contains(
            "'A B' is no name for an environment variable",
            (await mcp.CallAsync("sandbox_create", new { env_vars = new Dictionary<string, object> { ["A B"] = "1" } }, Stop)).Failed(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Null_and_empty_optional_arguments_count_as_left_out()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);

        (await mcp.CallAsync("run_code", new Dictionary<string, object?> { ["code"] = "1", ["sandbox_id"] = "", ["conversation"] = null, ["timeout_seconds"] = null }, Stop)).Succeeded();
    }
}
