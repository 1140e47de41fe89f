namespace Hopx.Agent;

/// <summary>Builds and runs Go in a private directory that is removed afterwards.</summary>
internal sealed partial class GoRunner(ILogger<GoRunner> logger) : ILanguageRunner
{
    // go run would turn every exit code into 1.
    private const string BuildAndRun = "go build -o \"$0/main\" \"$0/main.go\" && exec \"$0/main\"";

    public Language Language => Language.Go;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        var directory = Directory.CreateTempSubdirectory("hopx-go-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "main.go"), GoSnippet.Complete(code));
            // A missing compiler is told by the search for it, not by the shell.
            var spec = ExecutableSearch.Find("go", place.Environment, place.Directory) is null
                ? place.ToSpec("go") with { MissingAdvice = "go is not installed in this sandbox's template. Use a template that has it, such as code-interpreter." }
                : place.ToSpec("/bin/sh", "-c", BuildAndRun, directory);
            return new PreparedRun(spec, [], () => Remove(directory));
        }
        catch
        {
            Remove(directory);
            throw;
        }
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

    [LoggerMessage(LogLevel.Warning, "The directory {Directory} of a Go run could not be removed.")]
    private partial void LogNotRemoved(Exception failure, string directory);
}
