namespace Hopx.Agent;

/// <summary>Runs Go by <c>go run</c> from a private directory that is removed afterwards.</summary>
internal sealed partial class GoRunner(ILogger<GoRunner> logger) : ILanguageRunner
{
    public Language Language => Language.Go;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        var directory = Directory.CreateTempSubdirectory("hopx-go-").FullName;
        try
        {
            var file = Path.Combine(directory, "main.go");
            File.WriteAllText(file, GoSnippet.Complete(code));
            var spec = place.ToSpec("go", "run", file) with
            {
                MissingAdvice = "go is not installed in this sandbox's template. Use a template that has it, such as code-interpreter.",
            };
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
