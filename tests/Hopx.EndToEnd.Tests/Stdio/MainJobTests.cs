using Hopx.EndToEnd.Tests.Gallery;
using Hopx.EndToEnd.Tests.Program;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Hopx.EndToEnd.Tests.Stdio;

/// <summary>What an agent does with a server that it has just started.</summary>
public sealed class MainJobTests(StdioProgram program) : IClassFixture<StdioProgram>
{
    private McpClient Client => program.Client;

    [Fact]
    public async Task An_agent_without_an_account_runs_code_in_a_sandbox_of_its_own()
    {
        var run = await Client.DoAsync("run_code", new { code = "import os\nprint(6 * 7)\nos.getpid()", conversation = "first" });

        Assert.Equal("42", run.Fact("stdout").Trim());
        Assert.Equal("completed", run.Fact("outcome"));
        var info = await Client.DoAsync("sandbox_control", new { action = "info", conversation = "first" });
        Assert.Equal(run.SandboxId(), info.SandboxId());
        Assert.Equal("running", info.Fact("status"));
        Assert.False(info.Facts().GetProperty("internet_access").GetBoolean());
    }

    [Theory]
    [InlineData("python", "print(sum(range(10)))")]
    [InlineData("javascript", "console.log([...Array(10).keys()].reduce((a, b) => a + b))")]
    [InlineData("bash", "echo $((0+1+2+3+4+5+6+7+8+9))")]
    [InlineData("go", "sum := 0\nfor i := range [10]int{} {\n\tsum += i\n}\nfmt.Println(sum)")]
    public async Task Four_languages_find_the_same_sum(string language, string code)
    {
        var run = await Client.DoAsync("run_code", new { code, language, conversation = "languages" });

        Assert.Equal("45", run.Fact("stdout").Trim());
    }

    [Fact]
    public async Task A_plot_comes_back_as_a_picture()
    {
        var run = await Client.DoAsync("run_code", new { code = "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.show()", conversation = "plot" });

        var picture = Assert.Single(run.Content.OfType<ImageContentBlock>());
        Assert.Equal("image/png", picture.MimeType);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture.DecodedData.ToArray()[..4]);
    }

    [Fact]
    public async Task A_styled_table_comes_back_as_a_picture_where_it_is_wanted()
    {
        const string Code = "import pandas\npandas.DataFrame({'a': [1, 2], 'b': [3, 4]}).style.set_properties(**{'background-color': '#ff0000', 'width': '80px'})";
        var plain = await Client.DoAsync("run_code", new { code = Code, conversation = "table" });
        var drawn = await Client.DoAsync("run_code", new { code = Code, table_images = true, conversation = "table" });
        var none = await Client.DoAsync("run_code", new { code = "6 * 7", table_images = true, conversation = "table" });

        Assert.Empty(plain.Content.OfType<ImageContentBlock>());
        var picture = PngPicture.Decode(Assert.Single(drawn.Content.OfType<ImageContentBlock>()).DecodedData.Span);
        // As large as the table, and not as the paper.
        Assert.InRange(picture.Width, 150, 400);
        Assert.InRange(picture.Height, 50, 150);
        Assert.Equal((255, 0, 0), picture[picture.Width - 20, picture.Height - 12]);
        Assert.Equal("No HTML table was made, so there is none to draw.", none.Fact("note"));
    }

    [Fact]
    public async Task A_file_is_written_edited_listed_read_and_run()
    {
        const string Conversation = "files";
        await Client.DoAsync("write_file", new { path = "/workspace/app/main.py", content = "print('before')\n", conversation = Conversation });
        var edit = await Client.DoAsync("edit_file", new { path = "/workspace/app/main.py", old_text = "before", new_text = "after", conversation = Conversation });
        var list = await Client.DoAsync("list_files", new { path = "/workspace/app", conversation = Conversation });
        var read = await Client.DoAsync("read_file", new { path = "/workspace/app/main.py", conversation = Conversation });
        var run = await Client.DoAsync("run_command", new { command = "python3 main.py", working_dir = "/workspace/app", conversation = Conversation });

        Assert.Equal("1", edit.Fact("replacements"));
        Assert.Contains("main.py", list.Text(), StringComparison.Ordinal);
        Assert.Equal("print('after')", read.Fact("content").Trim());
        Assert.Equal("after", run.Fact("stdout").Trim());
    }

    [Fact]
    public async Task What_a_failing_program_says_comes_back_with_its_exit_code()
    {
        var run = await Client.CallAsync("run_command", new { command = "echo out; echo err >&2; exit 3", conversation = "failing" });

        Assert.Equal("3", run.Fact("exit_code"));
        Assert.Equal(("out", "err"), (run.Fact("stdout").Trim(), run.Fact("stderr").Trim()));
    }

    [Fact]
    public async Task A_deleted_sandbox_is_gone_and_the_conversation_gets_another()
    {
        var first = (await Client.DoAsync("sandbox_create", new { template = "base", conversation = "deleting", env_vars = new Dictionary<string, string> { ["GREETING"] = "hello" } })).SandboxId();
        var greeting = await Client.DoAsync("run_command", new { command = "echo $GREETING", conversation = "deleting" });
        await Client.DoAsync("sandbox_delete", new { sandbox_id = first });

        var refused = await Client.RefuseAsync("run_code", new { code = "1", sandbox_id = first });
        var second = await Client.DoAsync("run_command", new { command = "echo [$GREETING]", conversation = "deleting" });

        Assert.Equal("hello", greeting.Fact("stdout").Trim());
        Assert.Contains(first, refused, StringComparison.Ordinal);
        Assert.NotEqual(first, second.SandboxId());
        Assert.Equal("[]", second.Fact("stdout").Trim());
    }

    [Fact]
    public async Task The_prompts_and_the_instructions_are_served()
    {
        var prompts = await Client.ListPromptsAsync(cancellationToken: Patience.Token);

        Assert.NotEmpty(prompts);
        Assert.All(prompts, prompt => Assert.False(string.IsNullOrWhiteSpace(prompt.Description)));
        Assert.Contains("sandbox", Client.ServerInstructions, StringComparison.OrdinalIgnoreCase);
    }
}
