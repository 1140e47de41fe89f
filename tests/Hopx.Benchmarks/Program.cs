using BenchmarkDotNet.Running;
using Hopx.Benchmarks;
using Hopx.Benchmarks.Machine;
using Hopx.Benchmarks.Reports;

if (args is ["--memory"])
{
    await MemoryReport.WriteAsync(Console.Out);
    return;
}

if (args is ["--readers"])
{
    await EventReadersReport.WriteAsync(Console.Out);
    return;
}

if (args is ["--idle"])
{
    await IdleSandboxesReport.WriteAsync(Console.Out);
    return;
}

if (args is ["--warm"])
{
    await WarmStepsReport.WriteAsync(Console.Out);
    return;
}

if (args is ["--desktop"])
{
    await DesktopReport.WriteAsync(Console.Out);
    return;
}

if (args is ["--requests"])
{
    await RequestReport.WriteAsync(Console.Out);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Places).Assembly).Run(args, new RatioConfig());
