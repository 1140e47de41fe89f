namespace Hopx.Agent;

/// <summary>Finds a program as a shell would: by path, or in the PATH of the environment that the program will get.</summary>
internal static class ExecutableSearch
{
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static string? Find(string program, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        if (program.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.Combine(workingDirectory, program);
            return File.Exists(path) || Directory.Exists(path) ? path : null;
        }

        return environment.GetValueOrDefault("PATH", DefaultPath).Split(':')
            .Select(directory => Path.Combine(workingDirectory, directory, program))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path)
    {
        try
        {
            return File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != 0;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
