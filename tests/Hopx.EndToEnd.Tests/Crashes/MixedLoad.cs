using System.Collections.Concurrent;
using Hopx.Client;

namespace Hopx.EndToEnd.Tests.Crashes;

/// <summary>Callers who make, use, pause, stop, start and delete sandboxes until the server is gone.</summary>
/// <param name="client">To the server that will be killed.</param>
/// <param name="pool">Sandboxes that outlive rounds, shared by all callers.</param>
/// <param name="seed">For what each caller does.</param>
internal sealed class MixedLoad(HopxClient client, ConcurrentDictionary<string, bool> pool, int seed) : IDisposable
{
    private const int Callers = 3;
    private const int MostSandboxes = 5;

    private readonly SemaphoreSlim _answers = new(0);
    private int _done;

    /// <summary>Calls that came to a good end.</summary>
    public int Done => _done;

    /// <summary>Returns when that many calls were answered, one way or the other: however busy the machine is, there was something to be in the midst of.</summary>
    public async Task WaitForAnswersAsync(int count, CancellationToken cancellationToken)
    {
        for (; count > 0; count--)
        {
            await _answers.WaitAsync(cancellationToken);
        }
    }

    public Task RunAsync(CancellationToken end) => Task.WhenAll(Enumerable.Range(0, Callers).Select(number => Task.Run(() => CallAsync(new Random(seed + number), end), CancellationToken.None)));

    public void Dispose() => _answers.Dispose();

    private async Task CallAsync(Random random, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await StepAsync(random, end);
                Interlocked.Increment(ref _done);
            }
            catch (HopxException failure)
            {
                // Others are at the same sandboxes, and the server dies in the midst of it.
                Assert.True(
                    failure.StatusCode is null or 404 or 409 or 429 || failure.Code is HopxErrorCode.Unreachable,
                    $"{failure.Code} {failure.StatusCode}: {failure.Message}");
            }
            catch (OperationCanceledException)
            {
                return;
            }

            _answers.Release();
        }
    }

    private async Task StepAsync(Random random, CancellationToken end)
    {
        var ids = pool.Keys.ToArray();
        if (ids.Length < 2 || (ids.Length < MostSandboxes && random.Next(3) == 0))
        {
            var made = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base", TimeoutSeconds = 3600 }, end);
            pool[made.Id] = true;
            return;
        }

        var id = ids[random.Next(ids.Length)];
        switch (random.Next(8))
        {
            case 0:
                pool.TryRemove(id, out _);
                await client.Sandboxes.DeleteAsync(id, end);
                break;
            case 1:
                await client.Sandboxes.PauseAsync(id, end);
                break;
            case 2:
                await client.Sandboxes.ResumeAsync(id, end);
                break;
            case 3:
                await client.Sandboxes.StopAsync(id, end);
                break;
            case 4:
                await client.Sandboxes.StartAsync(id, end);
                break;
            case 5:
                await client.Sandboxes.SetTimeoutAsync(id, TimeSpan.FromHours(1), end);
                break;
            default:
                await client.Agent(id).Commands.RunAsync("echo x >> /workspace/log; sleep 0.0$RANDOM", end);
                break;
        }
    }
}
