using Hopx.Testing;

namespace Hopx.Client.Tests.Agent.Environment;

public sealed class EnvironmentClientTests : CloudTest
{
    private static readonly Dictionary<string, string> One = new() { ["ONE"] = "1" };
    private static readonly Dictionary<string, string> Two = new() { ["TWO"] = "2" };

    [Fact]
    public async Task Variables_are_merged_replaced_and_cleared()
    {
        var environment = (await CreateAgentAsync()).Environment;

        await environment.UpdateAsync(One, Token);
        Assert.Equal(["ONE", "PATH", "TWO"], (await environment.UpdateAsync(Two, Token)).EnvVars.Keys.Order());
        Assert.Equal(["ONE", "PATH"], (await environment.ReplaceAllAsync(One, Token)).EnvVars.Keys.Order());
        Assert.Equal(["PATH"], (await environment.ClearAsync(Token)).EnvVars.Keys);
        Assert.Equal(["PATH"], (await environment.GetAllAsync(Token)).Keys);
    }

    [Fact]
    public async Task One_variable_is_removed_also_where_no_route_does_that()
    {
        var environment = (await CreateAgentAsync()).Environment;
        await environment.UpdateAsync(One, Token);
        await environment.UpdateAsync(Two, Token);

        Assert.Equal(["PATH", "TWO"], (await environment.RemoveAsync("ONE", Token)).EnvVars.Keys.Order());
        Cloud.Answers.Add(HttpMethod.Delete, "/env/*", PlannedAnswer.Json("""{"env_vars":{"PATH":"/bin"},"count":1}"""));
        Assert.Equal(["PATH"], (await environment.RemoveAsync("A/B", Token)).EnvVars.Keys);
    }

    [Fact]
    public async Task A_change_that_is_answered_without_content_has_happened()
    {
        var environment = (await CreateAgentAsync()).Environment;
        Cloud.Answers.Add(HttpMethod.Patch, "/env", PlannedAnswer.Json("", 204));
        Cloud.Answers.Add(HttpMethod.Put, "/env", PlannedAnswer.Json("", 204));
        Cloud.Answers.Add(HttpMethod.Delete, "/env", PlannedAnswer.Json("", 204));

        Assert.Contains("PATH", (await environment.UpdateAsync(One, Token)).EnvVars.Keys);
        Assert.Contains("PATH", (await environment.ReplaceAllAsync(One, Token)).EnvVars.Keys);
        Assert.Contains("PATH", (await environment.ClearAsync(Token)).EnvVars.Keys);
    }
}
