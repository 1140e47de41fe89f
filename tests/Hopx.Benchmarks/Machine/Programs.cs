using System.Diagnostics;

namespace Hopx.Benchmarks.Machine;

/// <summary>Runs a program to its end, as the baseline that sandboxes are compared with.</summary>
internal static class Programs
{
    /// <summary>Its output; a failure is an exception, since a benchmark of a failure means nothing.</summary>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"'{program}' ended with exit code {process.ExitCode}: {await errors}{output}");
    }
}
