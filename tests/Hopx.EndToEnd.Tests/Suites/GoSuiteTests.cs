using System.Collections.Concurrent;
using Hopx.Client;

namespace Hopx.EndToEnd.Tests.Suites;

/// <summary>Go's own test programs print in a sandbox what they should.</summary>
public sealed class GoSuiteTests(SuiteSandbox sandbox) : IClassFixture<SuiteSandbox>
{
    private const string Package = "golang-1.19-src";
    private const string Programs = "usr/share/go-1.19/test";
    private const int Wanted = 100;
    private const int AtOnce = 2;

    // The first the suite itself leaves out for a compiler of this version; the second tells the order of two streams, which come apart here.
    private static readonly string[] LeftOut = ["typeparam/nested.go", "fixedbugs/issue21808.go"];

    [Fact]
    public async Task A_hundred_programs_print_what_they_should()
    {
        var directory = SuiteSandbox.Find(Package);
        Assert.SkipWhen(directory is null, $"The files of {Package} are not there: tests/Hopx.EndToEnd.Tests/Suites/fetch.sh brings them.");
        // Those with a file of their output first; the others print nothing when all is well.
        var programs = Directory.EnumerateFiles(Path.Combine(directory, Programs), "*.go", SearchOption.AllDirectories)
            // The benchmarks are programs of several files.
            .Where(file => Path.GetRelativePath(Path.Combine(directory, Programs), file) is var name && !name.StartsWith("bench/", StringComparison.Ordinal) && !LeftOut.Contains(name))
            .Where(file => File.ReadLines(file).FirstOrDefault() is "// run")
            .OrderByDescending(file => File.Exists(Path.ChangeExtension(file, ".out")))
            .ThenBy(file => file, StringComparer.Ordinal)
            .Take(Wanted)
            .ToList();
        Assert.Equal(Wanted, programs.Count);
        await sandbox.OpenAsync(directory, Programs);
        var failed = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(SuiteSandbox.Share(programs), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken }, async (file, token) =>
        {
            var output = Path.ChangeExtension(file, ".out");
            var expected = File.Exists(output) ? await File.ReadAllTextAsync(output, token) : "";
            var run = await sandbox.Agent.Execution.RunAsync(new ExecuteRequest { Code = await File.ReadAllTextAsync(file, token), Language = "go", Timeout = 120 }, token);
            // What the built-in println writes goes to stderr.
            if (!run.Success || (run.Stdout != expected && run.Stderr != expected && run.Stdout + run.Stderr != expected))
            {
                failed.Add($"{Path.GetFileName(file)}: {run.Explanation} {run.Stderr} {run.Stdout}");
            }
        });
        Assert.True(failed.IsEmpty, string.Join('\n', failed));
    }
}
