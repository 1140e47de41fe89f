using System.Collections.Concurrent;
using System.Reflection;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Running;

namespace Hopx.Benchmarks.Machine;

/// <summary>Leaves out what this machine cannot run, and says so.</summary>
internal sealed class NeedFilter(TextWriter error) : IFilter
{
    private readonly ConcurrentDictionary<string, bool> _answers = new(StringComparer.Ordinal);

    public bool Predicate(BenchmarkCase benchmarkCase)
    {
        var method = benchmarkCase.Descriptor.WorkloadMethod;
        return method.GetCustomAttribute<NeedsAttribute>() is not { } needs
            || _answers.GetOrAdd($"{benchmarkCase.Descriptor.Type.Name}.{method.Name}", name =>
            {
                if (Places.FindLack(needs.Need) is not { } lack)
                {
                    return true;
                }

                error.WriteLine($"Left out: {name}, because {lack}");
                return false;
            });
    }
}
