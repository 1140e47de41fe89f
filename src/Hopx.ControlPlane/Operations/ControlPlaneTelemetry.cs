using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.WarmPool;

namespace Hopx.ControlPlane.Operations;

/// <summary>What the control plane tells of itself in traces and metrics. Without a listener it costs next to nothing.</summary>
internal sealed class ControlPlaneTelemetry : IDisposable
{
    /// <summary>Name of the source and of the meter.</summary>
    public const string Name = "Hopx.ControlPlane";

    private readonly Counter<long> _creates;
    private readonly Histogram<double> _createDuration;
    private readonly Histogram<double> _agentDuration;

    public ControlPlaneTelemetry(IMeterFactory meters, SandboxStore store, WarmSandboxPool pool, SandboxAdmission admission, TimeProvider time)
    {
        Time = time;
        var meter = meters.Create(Name);
        _creates = meter.CreateCounter<long>("hopx.sandbox.creates", "{sandbox}", "Creates, by template, outcome and where the sandbox came from.");
        _createDuration = meter.CreateHistogram<double>("hopx.sandbox.create.duration", "s", "From the request until the new sandbox's agent answers.");
        _agentDuration = meter.CreateHistogram<double>("hopx.agent.request.duration", "s", "Requests to agents, by group of routes and status.");
        meter.CreateObservableUpDownCounter(
            "hopx.sandbox.count",
            () => store.All.CountBy(record => record.StatusName).Select(count => new Measurement<int>(count.Value, new KeyValuePair<string, object?>("hopx.sandbox.status", count.Key))),
            "{sandbox}",
            "Sandboxes, by status.");
        meter.CreateObservableUpDownCounter(
            "hopx.sandbox.ready",
            () => pool.CountReady().Select(count => new Measurement<int>(count.Value, new KeyValuePair<string, object?>("hopx.template", count.Key))),
            "{sandbox}",
            "Sandboxes that are kept ready, by template.");
        meter.CreateObservableUpDownCounter("hopx.admission.memory", () => admission.ReadBudget().MemoryMib << 20, "By", "What all sandboxes may use of the memory, at the most.");
        meter.CreateObservableUpDownCounter("hopx.admission.memory.limit", () => admission.ReadBudget().MemoryBudgetMib << 20, "By", "What they may be promised.");
    }

    public ActivitySource Source { get; } = new(Name);

    public TimeProvider Time { get; }

    /// <summary>A create begins; disposing the result tells how it ended.</summary>
    public CreateSpan BeginCreate(string template) => new(this, template);

    /// <summary>A request to an agent is under way; disposing the result tells how it ended.</summary>
    public AgentRequestSpan BeginAgentRequest(string sandboxId, string path) => new(this, sandboxId, path);

    public void Dispose() => Source.Dispose();

    public void CountCreate(in TagList tags, TimeSpan? duration)
    {
        _creates.Add(1, tags);
        if (duration is { } took)
        {
            _createDuration.Record(took.TotalSeconds, tags);
        }
    }

    public void CountAgentRequest(in TagList tags, TimeSpan duration) => _agentDuration.Record(duration.TotalSeconds, tags);
}
