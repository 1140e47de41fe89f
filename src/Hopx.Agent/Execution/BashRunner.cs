using System.Text;

namespace Hopx.Agent;

/// <summary>Runs shell code with bash, or with the template's sh where there is no bash.</summary>
internal sealed class BashRunner : ILanguageRunner
{
    public Language Language => Language.Bash;

    public PreparedRun Prepare(string code, RunPlace place)
    {
        var source = Descriptor.CreateMemoryFile("code", Encoding.UTF8.GetBytes(code));
        // As an argument the code would be bound to 128 KiB; eval keeps line numbers right and closes the descriptor for what it starts.
        var spec = ExecutableSearch.Find("bash", place.Environment, place.Directory) is null
            ? place.ToSpec("/bin/sh", "/dev/fd/3")
            : place.ToSpec("bash", "-c", "eval \"exec 3<&-; $(</dev/fd/3)\"");
        return new PreparedRun(spec with { Inputs = [source], HeldBytes = code.Length, MissingAdvice = "This sandbox's template has no shell." }, [source]);
    }
}
