using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks;

/// <summary>
/// Whole processes and sandboxes are measured, from milliseconds up: each iteration is one call, and what counts is the ratio to the baseline of the same run.
/// </summary>
internal sealed class RatioConfig : ManualConfig
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromHours(1);

    public RatioConfig()
    {
        AddJob(Job.Default
            .WithToolchain(new InProcessEmitToolchain(LongestRun, logOutput: true))
            .WithStrategy(RunStrategy.Monitoring)
            .WithWarmupCount(3)
            .WithIterationCount(20)
            .WithInvocationCount(1)
            .WithUnrollFactor(1));
        AddColumnProvider(DefaultColumnProviders.Descriptor, DefaultColumnProviders.Params);
        AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.P95, BaselineRatioColumn.RatioMean, CategoriesColumn.Default);
        AddLogger(ConsoleLogger.Default);
        AddExporter(MarkdownExporter.GitHub);
        AddFilter(new NeedFilter(Console.Error));
        WithSummaryStyle(SummaryStyle.Default.WithTimeUnit(Perfolizer.Horology.TimeUnit.Millisecond));
        WithOptions(ConfigOptions.DisableLogFile);
    }
}
