using System.Collections.Frozen;
using System.Diagnostics;

namespace Hopx.ControlPlane.Operations;

/// <summary>One request to an agent, in traces and metrics.</summary>
internal sealed class AgentRequestSpan : IDisposable
{
    // A caller may send any path; only what is known becomes a label.
    private static readonly FrozenSet<string> Groups = FrozenSet.ToFrozenSet(
        ["execute", "commands", "files", "env", "processes", "jobs", "stream", "terminal", "metrics", "desktop", "vnc", "cache", "health", "info", "system", "ping"], StringComparer.Ordinal);

    private readonly ControlPlaneTelemetry _telemetry;
    private readonly string _group;
    private readonly long _begun;
    private readonly Activity? _activity;
    private int _status;

    public AgentRequestSpan(ControlPlaneTelemetry telemetry, string sandboxId, string path)
    {
        _telemetry = telemetry;
        _begun = telemetry.Time.GetTimestamp();
        var first = path.Split('/', 3, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault("");
        _group = Groups.Contains(first) ? first : "other";
        _activity = telemetry.Source.StartActivity("agent.request");
        // In traces only: metrics by id would grow without end.
        _activity?.SetTag("hopx.sandbox.id", sandboxId);
    }

    public void Answered(int status) => _status = status;

    public void Dispose()
    {
        var tags = new TagList { { "hopx.agent.route", _group }, { "http.response.status_code", _status } };
        _telemetry.CountAgentRequest(tags, _telemetry.Time.GetElapsedTime(_begun));
        foreach (var (name, value) in tags)
        {
            _activity?.SetTag(name, value);
        }

        _activity?.SetStatus(_status is 0 or >= 500 ? ActivityStatusCode.Error : ActivityStatusCode.Ok);
        _activity?.Dispose();
    }
}
