using Hopx.Testing;

namespace Hopx.Client.Tests.Agent.Health;

public sealed class AgentClientTests : CloudTest
{
    [Fact]
    public async Task The_agent_tells_how_it_is_and_what_it_can_do()
    {
        var sandbox = await CreateSandboxAsync();
        var agent = Client.Agent(sandbox.Id);

        var health = await agent.GetHealthAsync(Token);
        var info = await agent.GetInfoAsync(Token);

        Assert.Equal(("healthy", sandbox.Id, true), (health.Status, health.VmId, health.Features?.CodeExecution));
        Assert.Equal((sandbox.Id, "7777"), (info.VmId, info.Port));
    }

    [Fact]
    public async Task Features_come_in_many_forms()
    {
        var agent = await CreateAgentAsync();
        Cloud.Answers.Add(HttpMethod.Get, "/health", PlannedAnswer.Json(
            """{"status":"healthy","features":{"code_execution":{"engines":2},"terminal":"true","desktop":null,"jupyter":[],"file_operations":1,"more":{"x":[1]}}}"""), plane: FakePlane.Agent);
        Cloud.Answers.Add(HttpMethod.Get, "/info", PlannedAnswer.Json("""{"port":7777,"features":null}"""));

        var features = (await agent.GetHealthAsync(Token)).Features!;
        var info = await agent.GetInfoAsync(Token);

        Assert.Equal((true, true, false, false, true), (features.CodeExecution, features.Terminal, features.Desktop, features.Jupyter, features.FileOperations));
        Assert.Equal("7777", info.Port);
    }
}
