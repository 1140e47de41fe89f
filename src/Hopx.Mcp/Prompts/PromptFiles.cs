using System.Reflection;

namespace Hopx.Mcp.Prompts;

/// <summary>The prompts that the program carries, read when somebody asks for them.</summary>
internal sealed class PromptFiles
{
    private const string Folder = "prompts/";
    private const string Instructions = "server-instructions";

    private static readonly Assembly Program = typeof(PromptFiles).Assembly;

    private readonly Lazy<IReadOnlyDictionary<string, PromptFile>> _all = new(ReadAll);

    public IReadOnlyDictionary<string, PromptFile> All => _all.Value;

    /// <summary>What the server tells every client about itself.</summary>
    public static string ReadInstructions() => Read($"{Folder}{Instructions}.md").Trim();

    private static Dictionary<string, PromptFile> ReadAll() => Program.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name is not $"{Folder}{Instructions}.md")
        .Select(name => PromptFile.Parse(name, Read(name)))
        .ToDictionary(prompt => prompt.Name, StringComparer.Ordinal);

    private static string Read(string name)
    {
        using var stream = Program.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The program carries no {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
