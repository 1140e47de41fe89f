using Hopx.Testing;

namespace Hopx.SemanticKernel.Tests;

public sealed class ErrorTextTests : FunctionTest
{
    [Theory]
    [InlineData(503, """{"error":"no node","code":"SERVICE_UNAVAILABLE"}""", "Error: no node\nTry the same call again.")]
    [InlineData(429, """{"error":"slow down","retry_after":30}""", "Error: slow down\nTry again in 30 s.")]
    [InlineData(402, """{"error":"no credit","code":"PAYMENT_REQUIRED"}""", "Error: no credit\nAnother try does not help: the account or API key has to be put right.")]
    [InlineData(400, """{"error":"bad region","code":"INVALID_REQUEST"}""", "Error: bad region")]
    public async Task A_sandbox_that_cannot_be_made_is_told(int status, string body, string expected)
    {
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", PlannedAnswer.Failure(status, body));

        Assert.Equal(expected, await CallForTextAsync("run_code", ("code", "1")));
        Assert.Empty(Cloud.Sandboxes);
    }

    [Theory]
    [InlineData("17690000001a2b3c4d")]
    [InlineData("../templates")]
    public async Task A_sandbox_that_is_not_there_is_told(string id)
    {
        var text = await CallForTextAsync("run_code", ("code", "1"), ("sandbox_id", id));

        Assert.Equal(
            $"Error: Sandbox '{id}' not found. It has expired, was deleted, or belongs to somebody else. List the sandboxes, or create a new one.\nLeave sandbox_id out to work in a sandbox of this conversation.",
            text);
    }

    [Fact]
    public async Task A_paused_sandbox_is_told()
    {
        await CallAsync("run_command", ("command", "true"));
        await Client.Sandboxes.PauseAsync(Functions.Session.SandboxId!, Token);

        Assert.Contains("has to be resumed", await CallForTextAsync("run_code", ("code", "1")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_argument_is_named()
    {
        var text = await CallForTextAsync("run_code", ("language", "python"));

        Assert.Contains("'code'", text, StringComparison.Ordinal);
        Assert.Empty(Cloud.Requests.All);
    }

    [Fact]
    public async Task An_argument_of_the_wrong_type_is_refused_in_words()
    {
        using var value = System.Text.Json.JsonDocument.Parse("""{"a":1}""");

        Assert.StartsWith("Error: ", await CallForTextAsync("run_code", ("code", value.RootElement)), StringComparison.Ordinal);
        Assert.StartsWith("Error: ", await CallForTextAsync("read_file", ("path", "a"), ("first_line", "soon")), StringComparison.Ordinal);
        Assert.StartsWith("Error: ", await CallForTextAsync("run_code", ("code", "1"), ("timeout_seconds", -5.0)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_is_never_told()
    {
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", PlannedAnswer.Failure(401, $$"""{"error":"unknown key {{Cloud.ApiKey}}"}"""));

        Assert.DoesNotContain(Cloud.ApiKey, await CallForTextAsync("run_code", ("code", "1")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_who_leaves_gets_no_text()
    {
        using var left = new CancellationTokenSource();
        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Functions.Execution[0].InvokeAsync(new() { ["code"] = "1" }, left.Token));
    }
}
