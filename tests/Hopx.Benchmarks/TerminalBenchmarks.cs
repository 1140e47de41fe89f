using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>Terminals that are opened, typed into, answered and closed, all at once.</summary>
public class TerminalBenchmarks
{
    private BenchmarkHome _home = null!;
    private string _sandboxId = null!;

    [Params(1, 16, 256)]
    public int Terminals { get; set; }

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _sandboxId = (await _home.CreateAsync()).Id;
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _home.Client.Sandboxes.DeleteAsync(_sandboxId);
        await _home.DisposeAsync();
    }

    [Benchmark]
    public async Task OpenTypeAndClose()
    {
        var terminals = await Task.WhenAll(Enumerable.Range(0, Terminals).Select(_ => _home.Client.Agent(_sandboxId).Terminal.ConnectAsync()));
        try
        {
            await Task.WhenAll(terminals.Select(TypeAsync));
        }
        finally
        {
            await Task.WhenAll(terminals.Select(terminal => terminal.DisposeAsync().AsTask()));
        }
    }

    private static async Task TypeAsync(TerminalConnection terminal)
    {
        // The quotes keep what is typed from being taken for what is answered.
        await terminal.WriteAsync("echo ans''wer\r");
        var shown = "";
        await foreach (var text in terminal.ReadAllAsync())
        {
            shown += text;
            if (shown.Contains("answer", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException("The terminal ended without an answer.");
    }
}
