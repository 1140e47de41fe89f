using Hopx.Client;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using static Hopx.SemanticKernel.Tests.ScriptedChatClient;

namespace Hopx.SemanticKernel.Tests;

/// <summary>The functions in the loops that really call them; only the model is a script.</summary>
public sealed class ChatLoopTests : FunctionTest
{
    [Fact]
    public async Task A_model_writes_a_file_runs_code_on_it_and_sees_the_plot()
    {
        Cloud.Execution = (sandbox, _, _) => Task.FromResult(new ExecutionResult { Success = true, Stdout = "sum " + sandbox.Files.ReadText("/workspace/data.csv").Length, Png = Pictures.Png });
        using var model = new ScriptedChatClient(
            Call("write_file", ("path", "data.csv"), ("content", "1,2,3")), Call("run_code", ("code", "plot()")), new TextContent("done"));
        using var chat = new FunctionInvokingChatClient(model);

        var answer = await chat.GetResponseAsync("Plot it.", new ChatOptions { Tools = [.. Functions.All] }, Token);

        Assert.Equal("done", answer.Text);
        Assert.StartsWith("Wrote 5 characters", Assert.IsType<string>(model.Results[0]), StringComparison.Ordinal);
        var contents = Assert.IsAssignableFrom<IEnumerable<AIContent>>(model.Results[1]).ToList();
        Assert.StartsWith("stdout:\nsum 5", Assert.IsType<TextContent>(contents[0]).Text, StringComparison.Ordinal);
        Assert.Equal("image/png", Assert.IsType<DataContent>(contents[1]).MediaType);
    }

    [Fact]
    public async Task A_model_reads_of_its_mistake_and_mends_it()
    {
        using var model = new ScriptedChatClient(
            Call("read_file", ("file", "a.txt")), Call("read_file", ("path", "a.txt")), Call("write_file", ("path", "a.txt"), ("content", "x")), Call("read_file", ("path", "a.txt")), new TextContent("done"));
        using var chat = new FunctionInvokingChatClient(model);

        await chat.GetResponseAsync("Read it.", new ChatOptions { Tools = [.. Functions.All] }, Token);

        Assert.Contains("'path'", Assert.IsType<string>(model.Results[0]), StringComparison.Ordinal);
        Assert.Contains("File not found: /workspace/a.txt", Assert.IsType<string>(model.Results[1]), StringComparison.Ordinal);
        Assert.Equal("x", model.Results[3]);
    }

    [Fact]
    public async Task Each_session_of_an_agent_has_its_own_sandbox_and_finds_it_again_after_storage()
    {
        using var model = new ScriptedChatClient(Turns(write: "one").Concat(Turns(write: "two")).Concat(Turns()).ToArray());
        var agent = new ChatClientAgent(model, instructions: "Work.", tools: [.. Functions.All]);
        var first = await agent.CreateSessionAsync(Token);
        var second = await agent.CreateSessionAsync(Token);

        await agent.RunAsync("Write.", first, cancellationToken: Token);
        await agent.RunAsync("Write.", second, cancellationToken: Token);
        var stored = await agent.SerializeSessionAsync(first, cancellationToken: Token);
        var restored = await agent.DeserializeSessionAsync(stored, cancellationToken: Token);
        await agent.RunAsync("Read.", restored, cancellationToken: Token);

        Assert.Equal(["one", "two"], Cloud.Sandboxes.Select(sandbox => sandbox.Files.ReadText("/workspace/note")));
        Assert.Equal("one", model.Results[^1]);

        await Functions.DisposeAsync();
        Assert.Equal(2, Cloud.Sandboxes.Count);
        await Functions.Session.DeleteSandboxOfAsync(restored, Token);
        await Functions.Session.DeleteSandboxOfAsync(restored, Token);
        Assert.Equal("two", Assert.Single(Cloud.Sandboxes).Files.ReadText("/workspace/note"));

        static AIContent[] Turns(string? write = null) =>
            [write is null ? Call("read_file", ("path", "note")) : Call("write_file", ("path", "note"), ("content", write)), new TextContent("done")];
    }
}
