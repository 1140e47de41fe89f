using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks;

/// <summary>Whole files into a sandbox and out of it, against <c>cp</c> of the same file.</summary>
public class FileTransferBenchmarks
{
    private const int CopyBufferBytes = 256 * 1024;

    private static readonly FileStreamOptions Unbuffered = new() { BufferSize = 0 };

    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-transfer-").FullName;
    private BenchmarkHome _home = null!;
    private string _sandboxId = null!;

    [Params(1_000, 1_000_000, 1_000_000_000)]
    public int Bytes { get; set; }

    private string Source => Path.Combine(_directory, "source");

    private string Target => Path.Combine(_directory, "target");

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _sandboxId = (await _home.CreateAsync()).Id;
        await using (var source = File.Create(Source))
        {
            var part = new byte[Math.Min(Bytes, 1_000_000)];
            var random = new Random(42);
            for (var written = 0; written < Bytes; written += part.Length)
            {
                random.NextBytes(part);
                await source.WriteAsync(part);
            }
        }

        await Upload();
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _home.Client.Sandboxes.DeleteAsync(_sandboxId);
        await _home.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public Task<string> Cp() => Programs.RunAsync("cp", Source, Target);

    [Benchmark]
    public async Task Upload()
    {
        await using var source = new FileStream(Source, Unbuffered);
        await _home.Client.Agent(_sandboxId).Files.UploadAsync("/workspace/transfer", source);
    }

    [Benchmark]
    public async Task Download()
    {
        await using var content = await _home.Client.Agent(_sandboxId).Files.DownloadAsync("/workspace/transfer");
        await using var target = new FileStream(Target, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        await content.CopyToAsync(target, CopyBufferBytes);
    }
}
