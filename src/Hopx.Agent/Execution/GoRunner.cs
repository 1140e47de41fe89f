namespace Hopx.Agent;

/// <summary>
/// Builds and runs Go in a private directory that is removed afterwards. What was built before from the same code is run at once. Paths are
/// not trimmed: the standard library comes compiled with them, and another copy without would take a hundred megabytes to be no faster.
/// </summary>
internal sealed partial class GoRunner(TimeProvider time, ILogger<GoRunner> logger) : ILanguageRunner
{
    // go run would turn every exit code into 1. Renamed when complete, so that what is kept is never half a program.
    private const string BuildAndRun = "go build $1 -o \"$0/built\" \"$0/main.go\" && mv \"$0/built\" \"$0/main\" && exec \"$0/main\"";

    // Without tables for debuggers, which nobody could attach, a program is linked faster; traces of panics stay as they are.
    private const string WithoutDebugTables = "-ldflags=-w";

    public Language Language => Language.Go;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        // A missing compiler is told by the search for it, not by the shell.
        if (ExecutableSearch.Find("go", place.Environment, place.Directory) is not { } compiler)
        {
            return new PreparedRun(
                place.ToSpec("go") with { MissingAdvice = "go is not installed in this sandbox's template. Use a template that has it, such as code-interpreter." }, []);
        }

        var program = GoSnippet.Complete(code);
        var kept = GoPrograms.PathOf(program, compiler, place);
        if (kept is not null && File.Exists(kept))
        {
            NoteUse(kept);
            return new PreparedRun(place.ToSpec(kept), []);
        }

        var directory = Directory.CreateTempSubdirectory("hopx-go-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "main.go"), program);
            var flags = place.Environment.ContainsKey("GOFLAGS") ? "" : WithoutDebugTables;
            return new PreparedRun(place.ToSpec("/bin/sh", "-c", BuildAndRun, directory, flags), [], () => Finish(directory, kept));
        }
        catch
        {
            Remove(directory);
            throw;
        }
    }

    private void NoteUse(string kept)
    {
        try
        {
            File.SetLastWriteTimeUtc(kept, time.GetUtcNow().UtcDateTime);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotKept(failure, kept);
        }
    }

    private void Finish(string directory, string? kept)
    {
        var built = Path.Combine(directory, "main");
        try
        {
            if (kept is not null && File.Exists(built))
            {
                GoPrograms.Keep(built, kept);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotKept(failure, kept!);
        }

        Remove(directory);
    }

    private void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The code removed it itself.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogNotRemoved(failure, directory);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The Go program {Path} is not kept.")]
    private partial void LogNotKept(Exception failure, string path);

    [LoggerMessage(LogLevel.Warning, "The directory {Directory} of a Go run could not be removed.")]
    private partial void LogNotRemoved(Exception failure, string directory);
}
