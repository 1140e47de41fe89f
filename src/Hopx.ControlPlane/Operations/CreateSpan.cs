using System.Diagnostics;

namespace Hopx.ControlPlane.Operations;

/// <summary>One create, in traces and metrics: failed unless it is said to have succeeded, and refused unless it is said to have been admitted.</summary>
internal sealed class CreateSpan(ControlPlaneTelemetry telemetry, string template) : IDisposable
{
    private readonly long _begun = telemetry.Time.GetTimestamp();
    private readonly Activity? _activity = telemetry.Source.StartActivity("sandbox.create");
    private string _outcome = "refused";
    private string _source = "launched";

    /// <summary>One that stood ready is taken for it.</summary>
    public void TookReady() => _source = "ready";

    /// <summary>There is room for it.</summary>
    public void Admitted(string sandboxId)
    {
        _outcome = "failed";
        _activity?.SetTag("hopx.sandbox.id", sandboxId);
    }

    public void Succeeded() => _outcome = "created";

    public void Dispose()
    {
        var tags = new TagList { { "hopx.template", template }, { "hopx.sandbox.source", _source }, { "hopx.outcome", _outcome } };
        telemetry.CountCreate(tags, _outcome is "created" ? telemetry.Time.GetElapsedTime(_begun) : null);
        foreach (var (name, value) in tags)
        {
            _activity?.SetTag(name, value);
        }

        _activity?.SetStatus(_outcome is "created" ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        _activity?.Dispose();
    }
}
