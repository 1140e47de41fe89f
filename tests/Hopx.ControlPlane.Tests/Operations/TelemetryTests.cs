using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hopx.Client;
using Hopx.ControlPlane.Operations;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.ControlPlane.WarmPool;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Operations;

public sealed class TelemetryTests(PreparedMachine prepared) : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Each_create_is_counted_by_template_outcome_and_where_it_came_from()
    {
        await using var plane = await StartAsync();
        using var heard = new Heard(plane.Get<IMeterFactory>());
        await plane.CreateAsync();
        await plane.Get<WarmSandboxPool>().RefillAsync(TestContext.Current.CancellationToken);
        await plane.CreateAsync();
        await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        Assert.Equal(
            ["base launched created", "base ready created", "base launched refused"],
            heard.Of("hopx.sandbox.creates").Select(tags => $"{tags["hopx.template"]} {tags["hopx.sandbox.source"]} {tags["hopx.outcome"]}"));
        Assert.Equal(2, heard.Of("hopx.sandbox.create.duration").Count);
    }

    [Fact]
    public async Task Sandboxes_and_what_stands_ready_are_counted_when_somebody_looks()
    {
        await using var plane = await StartAsync();
        using var heard = new Heard(plane.Get<IMeterFactory>());
        _ = plane.Get<ControlPlaneTelemetry>();
        await plane.CreateAsync();
        await plane.Get<WarmSandboxPool>().RefillAsync(TestContext.Current.CancellationToken);

        heard.Look();

        Assert.Equal("running", Assert.Single(heard.Of("hopx.sandbox.count"))["hopx.sandbox.status"]);
        Assert.Equal("base", Assert.Single(heard.Of("hopx.sandbox.ready"))["hopx.template"]);
        Assert.Single(heard.Of("hopx.admission.memory"));
    }

    [Theory]
    [InlineData("/execute", "execute")]
    [InlineData("/files/read", "files")]
    [InlineData("/9f86d081884c7d659a2feaa0c55ad015", "other")]
    [InlineData("/", "other")]
    public async Task A_path_that_anybody_may_send_becomes_no_label(string path, string expected)
    {
        await using var plane = await StartAsync();
        using var heard = new Heard(plane.Get<IMeterFactory>());

        using (var span = plane.Get<ControlPlaneTelemetry>().BeginAgentRequest("1700000000x", path))
        {
            span.Answered(200);
        }

        var tags = Assert.Single(heard.Of("hopx.agent.request.duration"));
        Assert.Equal(expected, tags["hopx.agent.route"]);
        Assert.DoesNotContain("1700000000x", tags.Values.Select(value => value?.ToString()));
    }

    [Fact]
    public async Task A_trace_of_a_create_names_its_sandbox_and_holds_nothing_of_the_callers()
    {
        await using var plane = await StartAsync();
        var source = plane.Get<ControlPlaneTelemetry>().Source;
        var traced = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = other => ReferenceEquals(other, source),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = traced.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        var sandbox = await plane.CreateAsync(request: new CreateSandboxRequest { TemplateName = "base", EnvVars = new Dictionary<string, string> { ["SECRET"] = "hunter2" } });

        var create = Assert.Single(traced);
        Assert.Equal(("sandbox.create", sandbox.Id), (create.DisplayName, create.GetTagItem("hopx.sandbox.id")));
        Assert.DoesNotContain(create.TagObjects, tag => tag.Value?.ToString()?.Contains("hunter2", StringComparison.Ordinal) is true);
    }

    private Task<MachinelessPlane> StartAsync() => MachinelessPlane.StartAsync(
        prepared, _home.Path, configure: static options => (options.WarmSandboxes, options.MaxSandboxes, options.MinFreeDiskMib) = ("base=1", 2, 0));

    /// <summary>Measurements of one server's meters.</summary>
    private sealed class Heard : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Name, Dictionary<string, object?> Tags)> _measured = new();

        public Heard(IMeterFactory meters)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>(Note);
            _listener.SetMeasurementEventCallback<int>(Note);
            _listener.SetMeasurementEventCallback<double>(Note);
            _listener.Start();
        }

        public IReadOnlyList<Dictionary<string, object?>> Of(string name) => [.. _measured.Where(measured => measured.Name == name).Select(measured => measured.Tags)];

        public void Look() => _listener.RecordObservableInstruments();

        public void Dispose() => _listener.Dispose();

        private void Note<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
            _measured.Enqueue((instrument.Name, tags.ToArray().ToDictionary()));
    }
}
