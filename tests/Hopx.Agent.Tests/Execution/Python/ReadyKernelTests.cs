using System.Globalization;
using System.Text.Json;

namespace Hopx.Agent.Tests;

/// <summary>A sandbox that stands ready for a caller has a kernel before there is code for it.</summary>
public sealed class ReadyKernelTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new(new Dictionary<string, string?> { ["Execution:WarmPython"] = "true" });

    public ValueTask InitializeAsync() => _agent.InitializeAsync();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task The_first_code_runs_in_the_kernel_that_stands_ready()
    {
        var ready = await WaitForKernelAsync();
        var result = await _agent.ExecuteAsync("import os\nos.getpid()");
        Assert.Equal((ready.ToString(CultureInfo.InvariantCulture), null), (result.Result, result.StateLost));
    }

    [Fact]
    public async Task Variables_of_a_later_caller_hold_in_the_kernel_that_stands_ready()
    {
        var ready = await WaitForKernelAsync();
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"OWNER":"Ada"}}""");
        var result = await _agent.ExecuteAsync("import os\nos.getpid(), os.environ['OWNER']");
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"({ready}, 'Ada')"), result.Result);
    }

    [Fact]
    public async Task A_kernel_that_stands_ready_gives_way_when_the_interpreter_itself_is_to_differ()
    {
        await WaitForKernelAsync();
        await _agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"PYTHONHASHSEED":"7"}}""");
        var expected = (await _agent.ExecuteAsync("python3 -c \"print(hash('sandbox'))\"", "bash")).Stdout.Trim();
        var result = await _agent.ExecuteAsync("hash('sandbox')");
        Assert.Equal((expected, null), (result.Result, result.StateLost));
    }

    [Fact]
    public async Task A_kernel_that_ends_before_it_has_run_anything_is_no_loss()
    {
        var ready = await WaitForKernelAsync();
        _ = Libc.Kill(ready, Libc.SigKill);
        await UntilAsync(kernel => kernel is null);
        var result = await _agent.ExecuteAsync("1 + 1");
        Assert.Equal(("2", null, null), (result.Result, result.StateLost, result.Explanation));
    }

    private async Task<int> WaitForKernelAsync() => (await UntilAsync(kernel => kernel is not null))!.Value;

    private async Task<int?> UntilAsync(Func<int?, bool> isSo)
    {
        while (true)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var (_, body) = await _agent.SendAsync(HttpMethod.Get, "/jupyter/sessions");
            var kernel = body.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("pid")).FirstOrDefault();
            int? process = kernel.ValueKind is JsonValueKind.Number ? kernel.GetInt32() : null;
            if (isSo(process))
            {
                return process;
            }

            await Task.Yield();
        }
    }
}
