using Hopx.EndToEnd.Tests.Program;
using ModelContextProtocol.Client;

namespace Hopx.EndToEnd.Tests.BadInput;

/// <summary>Calls that make no sense: the answer names the cause, the value and what to do, and no sandbox is made for them.</summary>
public sealed class ArgumentTests(StdioProgram program) : IClassFixture<StdioProgram>, IAsyncLifetime
{
    private McpClient Client => program.Client;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        Assert.Contains("You have no sandboxes", (await Client.DoAsync("sandbox_list")).Text(), StringComparison.Ordinal);
        Assert.Empty(program.FindRemains());
    }

    [Theory]
    [InlineData("no-such-template")]
    [InlineData("../../etc")]
    [InlineData("code-interpreter/../base")]
    public async Task An_unknown_template_is_named(string template)
    {
        var text = await Client.RefuseAsync("sandbox_create", new { template });

        Assert.Contains(template, text, StringComparison.Ordinal);
        Assert.Contains("Leave template out", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_language_is_answered_with_the_known_ones()
    {
        var text = await Client.RefuseAsync("run_code", new { code = "DISPLAY 1", language = "cobol", conversation = "language" });

        Assert.Contains("'cobol'", text, StringComparison.Ordinal);
        Assert.Contains("python, javascript, bash or go", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run_code", "code")]
    [InlineData("run_command", "command")]
    [InlineData("read_file", "path")]
    [InlineData("sandbox_delete", null)]
    public async Task An_unknown_sandbox_is_named_and_the_way_to_a_known_one_told(string tool, string? required)
    {
        const string Unknown = "1763942400abcdef00";
        var arguments = new Dictionary<string, object?> { ["sandbox_id"] = Unknown };
        if (required is not null)
        {
            arguments[required] = "true";
        }

        var text = await Client.RefuseAsync(tool, arguments);

        Assert.Contains(Unknown, text, StringComparison.Ordinal);
        Assert.Contains("sandbox_list", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("x\r\nHost: evil.example.com")]
    [InlineData("?x=1#y")]
    [InlineData("%2e%2e%2f%2e%2e%2f")]
    public async Task An_id_that_is_none_reaches_no_other_address(string id)
    {
        var text = await Client.RefuseAsync("sandbox_control", new { action = "info", sandbox_id = id });

        Assert.Contains("sandbox", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_unknown_tool_is_answered_with_the_known_ones()
    {
        var text = await Client.RefuseAsync("run_cobol", new { code = "1" });

        Assert.Contains("'run_cobol'", text, StringComparison.Ordinal);
        Assert.Contains("run_code", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_argument_is_named_and_the_known_ones_told()
    {
        var text = await Client.RefuseAsync("run_code", new { code = "1", sandbox = "x", conversation = "argument" });

        Assert.Contains("Unknown argument: sandbox.", text, StringComparison.Ordinal);
        Assert.Contains("sandbox_id", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_missing_arguments_are_named_at_once()
    {
        var text = await Client.RefuseAsync("edit_file", new { path = "/workspace/a" });

        Assert.Contains("Missing required arguments: old_text, new_text.", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timeout_seconds", "soon", "a whole number")]
    [InlineData("timeout_seconds", 1.5, "a whole number")]
    [InlineData("timeout_seconds", true, "a whole number")]
    [InlineData("sandbox_id", 5, "a string")]
    public async Task An_argument_of_the_wrong_type_is_told_the_right_one(string name, object value, string expected)
    {
        var text = await Client.RefuseAsync("run_code", new Dictionary<string, object?> { ["code"] = "1", ["conversation"] = "type", [name] = value });

        Assert.Contains($"{name} must be {expected}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run_code", 0, "from 1 to 3600")]
    [InlineData("run_code", 1_000_000, "from 1 to 3600")]
    [InlineData("sandbox_create", -1, "from 1 to 86400")]
    public async Task A_time_out_of_range_is_told_the_range(string tool, int seconds, string range)
    {
        var arguments = new Dictionary<string, object?> { ["timeout_seconds"] = seconds, ["conversation"] = "range" };
        if (tool is "run_code")
        {
            arguments["code"] = "1";
        }

        var text = await Client.RefuseAsync(tool, arguments);

        Assert.Contains($"timeout_seconds is {seconds}", text, StringComparison.Ordinal);
        Assert.Contains(range, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_that_no_environment_can_hold_are_refused()
    {
        var text = await Client.RefuseAsync("sandbox_create", new { env_vars = new Dictionary<string, string> { ["A=B"] = "x" } });

        Assert.Contains("'A=B' is no name", text, StringComparison.Ordinal);
    }
}
