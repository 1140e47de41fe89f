using System.Text.Json;

namespace Hopx.Client.Tests.Agent.Jobs;

public sealed class JobInfoTests
{
    [Theory]
    [InlineData("""{"process_id":"p","start_time":"2026-01-05T10:00:00Z","end_time":"2026-01-05T10:00:01Z","duration":1.5}""")]
    [InlineData("""{"process_id":"p","started_at":"2026-01-05T10:00:00Z","completed_at":"2026-01-05T10:00:01Z","execution_time":1.5}""")]
    [InlineData("""{"process_id":"p","started_at":"2026-01-05T10:00:00Z","start_time":null,"end_time":"2026-01-05T10:00:01Z","completed_at":null,"execution_time":1.5,"duration":null}""")]
    public void Either_spelling_is_understood_and_both_are_written(string json)
    {
        var job = JsonSerializer.Deserialize(json, HopxJson.Default.JobInfo)!;
        var start = new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero);
        Assert.Equal((start, start, start.AddSeconds(1), start.AddSeconds(1), 1.5, 1.5), (job.StartTime, job.StartedAt, job.EndTime, job.CompletedAt, job.Duration, job.ExecutionTime));

        var written = JsonSerializer.SerializeToElement(job, HopxJson.Default.JobInfo);
        foreach (var name in new[] { "start_time", "started_at", "end_time", "completed_at", "duration", "execution_time" })
        {
            Assert.True(written.TryGetProperty(name, out _), name);
        }
    }

    [Fact]
    public void An_unknown_state_does_not_cost_the_whole_answer() =>
        Assert.Equal(JobStatus.Unknown, JsonSerializer.Deserialize("""{"process_id":"p","status":"hibernating"}""", HopxJson.Default.JobInfo)!.Status);
}
