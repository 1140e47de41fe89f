using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using CsCheck;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;
using static Hopx.ControlPlane.Sandboxes.SandboxOperation;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>Random operations from several callers, against what the state machine says must come of them.</summary>
public sealed class ModelTests(PreparedMachine prepared) : IDisposable
{
    private static readonly SandboxOperation[] Operations = [Pause, Resume, Stop, Start, Extend, Delete, FallAsleep, Wake, Create];
    private static readonly Caller[] Callers = [MachinelessPlane.Owner, MachinelessPlane.Colleague, MachinelessPlane.Stranger];

    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void One_after_the_other_every_operation_does_what_the_model_says() =>
        Gen.Select(Gen.Int[0, 8].Select(index => Operations[index]), Gen.Int[0, 2], Gen.Int[0, 2].Select(index => Callers[index])).Array[1, 40].Sample(
            steps => CompareAsync(steps).GetAwaiter().GetResult(),
            iter: 60,
            threads: 1,
            print: steps => string.Join(", ", steps.Select(step => $"{step.Item1} {step.Item2} by {step.Item3.Subject}")));

    [Fact]
    public void Side_by_side_operations_leave_a_history_that_the_state_machine_allows() =>
        Gen.Select(Gen.Int[0, 8].Select(index => Operations[index]), Gen.Int[0, 2], Gen.Int[0, 3]).Array[4, 16].Array[2, 6].Sample(
            callers => RaceAsync(callers).GetAwaiter().GetResult(),
            iter: 40,
            threads: 1,
            print: callers => string.Join(" | ", callers.Select(steps => string.Join(", ", steps.Select(step => $"{step.Item1} {step.Item2}")))));

    private async Task CompareAsync((SandboxOperation Operation, int Slot, Caller Caller)[] steps)
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, NewHome());
        var model = new Dictionary<int, (string Id, SandboxState State)>();
        foreach (var (operation, slot, caller) in steps)
        {
            if (operation is Create)
            {
                if (!model.ContainsKey(slot))
                {
                    model[slot] = ((await plane.CreateAsync(MachinelessPlane.Owner)).Id, SandboxState.Running);
                }

                continue;
            }

            var (id, state) = model.GetValueOrDefault(slot, ("1700000000never", SandboxState.Deleted));
            var isForeign = caller.OrganizationId != MachinelessPlane.Owner.OrganizationId && operation is not (FallAsleep or Wake);
            var expected = isForeign ? null : SandboxTransitions.Decide(state, operation).Next;
            // These two come from the server itself, and do nothing where there is nothing to do.
            expected ??= operation is FallAsleep || (operation is Wake && state is not SandboxState.Deleted) ? state : null;
            try
            {
                await plane.DoAsync(operation, caller, id);
                Assert.NotNull(expected);
            }
            catch (HopxException refused)
            {
                Assert.True(expected is null || (operation is Wake && state is SandboxState.Deleted), refused.Message);
                Assert.Equal(isForeign || state is SandboxState.Deleted ? HopxErrorCode.ResourceNotFound : HopxErrorCode.Conflict, refused.Code);
                continue;
            }

            if (expected is SandboxState.Deleted)
            {
                model.Remove(slot);
            }
            else if (model.ContainsKey(slot))
            {
                model[slot] = (id, expected!.Value);
            }
        }

        Assert.Equal(model.Values.OrderBy(one => one.Id), plane.Store.All.Select(record => (record.Id, record.State)).OrderBy(one => one.Id));
        Assert.Empty(plane.Machine.Faults);
        plane.AssertAgrees();
    }

    private async Task RaceAsync((SandboxOperation Operation, int Slot, int Yields)[][] callers)
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, NewHome());
        var slots = new ConcurrentDictionary<int, string>();
        for (var slot = 0; slot < 3; slot++)
        {
            slots[slot] = (await plane.CreateAsync()).Id;
        }

        plane.Machine.OnStep = static async _ => await Task.Yield();
        using var end = new CancellationTokenSource();
        var reaper = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await plane.Get<SandboxReaper>().ReapAsync();
                await Task.Yield();
            }
        });
        await Task.WhenAll(callers.Select(steps => Task.Run(async () =>
        {
            foreach (var (operation, slot, yields) in steps)
            {
                for (var count = 0; count < yields; count++)
                {
                    await Task.Yield();
                }

                try
                {
                    if (operation is Create)
                    {
                        slots[slot] = (await plane.CreateAsync()).Id;
                    }
                    else
                    {
                        await plane.DoAsync(operation, MachinelessPlane.Owner, slots[slot]);
                    }
                }
                catch (HopxException refused)
                {
                    // Whoever comes second may be told so, and nothing worse.
                    Assert.Contains(refused.Code, new[] { HopxErrorCode.Conflict, HopxErrorCode.ResourceNotFound, HopxErrorCode.SandboxCreating });
                }
            }
        })));
        await end.CancelAsync();
        await reaper;

        plane.Machine.OnStep = static _ => Task.CompletedTask;
        Assert.Empty(plane.Machine.Faults);
        plane.AssertAgrees();
        AssertHistory(plane);
    }

    /// <summary>The events of each sandbox are a way through the state machine that ends where the sandbox is.</summary>
    private static void AssertHistory(MachinelessPlane plane)
    {
        using var connection = plane.Get<StateDatabase>().Open();
        var events = connection.Query("SELECT sandbox_id, type, data FROM events ORDER BY id", static row => (Id: row.GetString(0), Type: row.GetString(1), Data: row.GetString(2)));
        foreach (var history in events.GroupBy(one => one.Id))
        {
            var state = SandboxState.Creating;
            foreach (var (_, type, data) in history.Skip(1))
            {
                var told = JsonSerializer.Deserialize(data, HopxJson.Default.SandboxEvent)!;
                var next = new[] { FinishCreate, Pause, Resume, Stop, Start, Extend, Delete, FallAsleep, Wake }
                    .Where(operation => SandboxTransitions.EventType(operation) == type && (operation is not FallAsleep || told.Reason is not null))
                    .Select(operation => SandboxTransitions.Decide(state, operation).Next)
                    .FirstOrDefault(next => next is not null);
                Assert.True(next is not null, string.Create(CultureInfo.InvariantCulture, $"{type} of a sandbox that is {state}: {string.Join(", ", history.Select(one => one.Type))}"));
                state = told.Reason is "idle" && type is "sandbox.paused" ? SandboxState.Asleep : next.Value;
            }

            Assert.Equal(plane.Store.TryFind(history.Key, out var record) ? record.State : SandboxState.Deleted, state);
        }
    }

    private string NewHome() => Directory.CreateDirectory(Path.Combine(_home.Path, Guid.NewGuid().ToString("N"))).FullName;
}
