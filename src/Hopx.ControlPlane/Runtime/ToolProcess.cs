using System.Diagnostics;
using System.Text;

namespace Hopx.ControlPlane.Runtime;

/// <summary>How a helper program ended.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>What it said, for an error message.</summary>
    public string Complaint => (Errors.Length > 0 ? Errors : Output).Trim();
}

/// <summary>Runs a helper program of the machine: arguments as a list, a clean environment, bounded output, bounded time.</summary>
internal static class ToolProcess
{
    /// <summary>Where system tools live, also for callers whose own PATH leaves out the administrator's directories.</summary>
    public const string SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const int MostCharacters = 16 * 1024;

    /// <summary>The file that a program name stands for, or null.</summary>
    public static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(program) ? Path.GetFullPath(program) : null;
        }

        var directories = $"{Environment.GetEnvironmentVariable("PATH")}:{SearchPath}".Split(':', StringSplitOptions.RemoveEmptyEntries);
        return directories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
    }

    /// <summary>
    /// Runs it to its end. The time is the only thing that cuts it short, with all its children: half a launch or half a removal
    /// would have to be undone anyway, so callers look at their token before and after.
    /// </summary>
    public static async Task<ToolResult> RunAsync(string program, IEnumerable<string> arguments, TimeSpan patience)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };

        // Nothing of the server's environment, which may hold keys, reaches a sandbox or its runtime.
        start.Environment.Clear();
        start.Environment["PATH"] = SearchPath;
        start.Environment["LC_ALL"] = "C";
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtimeDirectory)
        {
            start.Environment["XDG_RUNTIME_DIR"] = runtimeDirectory;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        process.StandardInput.Close();
        var output = ReadBoundedAsync(process.StandardOutput);
        var errors = ReadBoundedAsync(process.StandardError);
        using var late = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new ToolResult(ExitCode: 124, "", $"'{Path.GetFileName(program)}' did not end within {patience.TotalSeconds:0.#} s.");
        }

        return new ToolResult(process.ExitCode, await output, await errors);
    }

    /// <summary>Keeps the beginning and reads the rest away, so that the program never blocks on a full pipe.</summary>
    private static async Task<string> ReadBoundedAsync(StreamReader reader)
    {
        var kept = new StringBuilder();
        var buffer = new char[1024];
        while (await reader.ReadAsync(buffer) is > 0 and var count)
        {
            kept.Append(buffer, 0, Math.Min(count, MostCharacters - kept.Length));
        }

        return kept.ToString();
    }
}
