using Microsoft.Extensions.Options;

namespace Hopx.Agent.Tests;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("AGENT_LISTEN", "nowhere")]
    [InlineData("AGENT_LISTEN", "http://name:80")]
    [InlineData("SANDBOX_ID", "")]
    [InlineData("TOKEN_PUBLIC_KEY", "bm8ga2V5")]
    [InlineData("DEADLINE", "soon")]
    [InlineData("MEMORY_LIMIT_BYTES", "5")]
    [InlineData("PROCESS_LIMIT", "10")]
    [InlineData("WORKDIR", "here")]
    [InlineData("Processes:OutputLimitBytes", "3")]
    [InlineData("Processes:MaxTimeout", "00:00:00")]
    [InlineData("Files:Roots", "tmp")]
    public async Task A_bad_setting_stops_the_start(string name, string value)
    {
        await using var agent = new AgentFixture(new() { [name] = value });
        await Assert.ThrowsAsync<OptionsValidationException>(() => agent.InitializeAsync().AsTask());
    }
}
