using System.Text.Json;

namespace Hopx.Client.Tests.Wire;

public sealed class WireRecordTests
{
    [Theory]
    [InlineData("\"running\"", SandboxStatus.Running)]
    [InlineData("\"RUNNING\"", SandboxStatus.Running)]
    [InlineData("\"hibernating\"", SandboxStatus.Unknown)]
    [InlineData("\"\"", SandboxStatus.Unknown)]
    [InlineData("null", SandboxStatus.Unknown)]
    [InlineData("7", SandboxStatus.Unknown)]
    [InlineData("{\"a\":[1]}", SandboxStatus.Unknown)]
    public void A_state_that_is_not_known_yet_does_not_cost_the_answer(string status, SandboxStatus expected)
    {
        var sandbox = Read($$"""{"status":{{status}},"id":"1","node_id":"n"}""", HopxJson.Default.Sandbox);

        Assert.Equal((expected, "n"), (sandbox.Status, sandbox.NodeId));
    }

    [Fact]
    public void Names_of_states_are_snake_case_on_the_wire()
    {
        var json = Write(new ExecutionResult { Success = false, Outcome = RunOutcome.OutOfMemory }, HopxJson.Default.ExecutionResult);

        Assert.Contains("\"outcome\":\"out_of_memory\"", json, StringComparison.Ordinal);
        Assert.Equal(RunOutcome.OutOfMemory, Read(json, HopxJson.Default.ExecutionResult).Outcome);
    }

    [Theory]
    [InlineData("2026-01-05T10:00:00Z", 0)]
    [InlineData("2026-01-05T10:00:00.123Z", 1230000)]
    [InlineData("2026-01-05T10:00:00.123456Z", 1234560)]
    [InlineData("2026-01-05T10:00:00.123456789Z", 1234568)]
    [InlineData("2026-01-05T12:00:00+02:00", 0)]
    [InlineData("2026-01-05 10:00:00", 0)]
    public void Times_of_every_precision_are_read(string text, long ticks)
    {
        var sandbox = Read($$"""{"id":"1","status":"running","created_at":"{{text}}"}""", HopxJson.Default.Sandbox);

        Assert.Equal(new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero).AddTicks(ticks), sandbox.CreatedAt);
    }

    [Fact]
    public void Times_are_written_in_utc_with_three_digits()
    {
        var time = new DateTimeOffset(2026, 1, 5, 12, 0, 0, 1, TimeSpan.FromHours(2)).AddTicks(9999);

        var json = Write(new ServiceHealth { Status = "healthy", Timestamp = time }, HopxJson.Default.ServiceHealth);

        Assert.Equal("""{"status":"healthy","timestamp":"2026-01-05T10:00:00.001Z"}""", json);
    }

    [Theory]
    [InlineData("\"soon\"")]
    [InlineData("17")]
    public void A_time_that_is_none_is_refused(string time) =>
        Assert.Throws<JsonException>(() => Read($$"""{"status":"healthy","timestamp":{{time}}}""", HopxJson.Default.ServiceHealth));

    [Theory]
    [InlineData("73", "73")]
    [InlineData("\"73\"", "73")]
    [InlineData("null", null)]
    public void Identifiers_are_text_or_numbers(string written, string? expected)
    {
        Assert.Equal(expected, Read($$"""{"template_id":{{written}}}""", HopxJson.Default.CreateSandboxRequest).TemplateId);
        Assert.Equal(expected, Read($$"""{"id":{{written}},"name":"n","organization_id":{{written}}}""", HopxJson.Default.Template).OrganizationId);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("{}")]
    [InlineData("true")]
    public void An_identifier_that_is_neither_is_refused(string written) =>
        Assert.Throws<JsonException>(() => Read($$"""{"template_id":{{written}}}""", HopxJson.Default.CreateSandboxRequest));

    [Theory]
    [InlineData("""{"id":"73","name":"base"}""")]
    [InlineData("""{"id":"73","name":"base","features":null,"tags":null,"object":null}""")]
    public void What_a_template_leaves_out_has_its_usual_meaning(string json)
    {
        var template = Read(json, HopxJson.Default.Template);

        Assert.Equal((true, "template"), (template.IsActive, template.Object));
        Assert.Empty(template.Features);
        Assert.Empty(template.Tags);
        Assert.Contains("\"features\":[]", Write(template, HopxJson.Default.Template), StringComparison.Ordinal);
    }

    [Fact]
    public void An_inactive_template_stays_inactive() =>
        Assert.False(Read("""{"id":"73","name":"base","is_active":false}""", HopxJson.Default.Template).IsActive);

    [Fact]
    public void What_an_answer_leaves_out_has_its_usual_meaning()
    {
        Assert.True(Read("""{"path":"/tmp/a"}""", HopxJson.Default.FileResponse).Success);
        Assert.False(Read("""{"path":"/tmp/a","success":false}""", HopxJson.Default.FileResponse).Success);
        Assert.Equal("sandbox", Read("""{"id":"1","status":"running"}""", HopxJson.Default.Sandbox).Object);
        Assert.Equal("list", Read("""{"data":[]}""", HopxJson.Default.ListPageSandbox).Object);
    }

    [Fact]
    public void Records_say_by_themselves_what_they_are()
    {
        Assert.Contains("\"object\":\"sandbox\"", Write(new Sandbox { Id = "1", Status = SandboxStatus.Running }, HopxJson.Default.Sandbox), StringComparison.Ordinal);
        Assert.Contains("\"object\":\"list\"", Write(new ListPage<Sandbox>(), HopxJson.Default.ListPageSandbox), StringComparison.Ordinal);
        Assert.Contains("\"details\":{}", Write(new ErrorBody { Error = "e", Message = "e", Code = "C" }, HopxJson.Default.ErrorBody), StringComparison.Ordinal);
    }

    [Fact]
    public void Both_spellings_go_out_where_clients_disagree()
    {
        var json = Write(new FileEntry { Name = "a", Path = "/tmp/a", IsDirectory = true, ModifiedTime = DateTimeOffset.UnixEpoch }, HopxJson.Default.FileEntry);

        Assert.Equal(
            """{"name":"a","path":"/tmp/a","size":0,"is_directory":true,"is_dir":true,"modified_time":"1970-01-01T00:00:00.000Z","modified":"1970-01-01T00:00:00.000Z","permissions":""}""",
            json);
        Assert.Contains("\"id\":\"1\",\"sandbox_id\":\"1\"", Write(new Sandbox { Id = "1", Status = SandboxStatus.Running }, HopxJson.Default.Sandbox), StringComparison.Ordinal);
    }

    private static T Read<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Deserialize(json, type)!;

    private static string Write<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);
}
