using System.Text;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Prompts;

/// <summary>A prompt as its file describes it: front matter, then text with <c>{{argument}}</c> in it.</summary>
internal sealed record PromptFile
{
    private const int MaxValueLength = 20_000;

    public required string Name { get; init; }

    public required string Title { get; init; }

    public required string Description { get; init; }

    public required IReadOnlyList<PromptFileArgument> Arguments { get; init; }

    public required string Text { get; init; }

    /// <summary>Reads a file: <c>name</c>, <c>title</c> and <c>description</c>, then one <c>argument</c> line for each of them: <c>name, required | rest: description</c>.</summary>
    public static PromptFile Parse(string fileName, string content)
    {
        var lines = content.ReplaceLineEndings("\n").Split('\n');
        var end = lines[0] is "---" ? Array.IndexOf(lines, "---", 1) : -1;
        if (end < 0)
        {
            throw new FormatException($"{fileName} has no front matter between two lines of ---.");
        }

        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var arguments = new List<PromptFileArgument>();
        foreach (var line in lines[1..end].Where(line => line.Length > 0))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (field, value) = colon > 0 ? (line[..colon].Trim(), line[(colon + 1)..].Trim()) : throw new FormatException($"{fileName}: '{line}' is no 'field: value'.");
            if (field.StartsWith("argument ", StringComparison.Ordinal))
            {
                arguments.Add(PromptFileArgument.Parse(field["argument ".Length..], value));
            }
            else
            {
                fields[field] = value;
            }
        }

        return new PromptFile
        {
            Name = Need("name"),
            Title = Need("title"),
            Description = Need("description"),
            Arguments = arguments,
            Text = string.Join('\n', lines[(end + 1)..]).Trim(),
        };

        string Need(string field) => fields.TryGetValue(field, out var value) ? value : throw new FormatException($"{fileName} says no {field}.");
    }

    public Prompt ToProtocol() => new()
    {
        Name = Name,
        Title = Title,
        Description = Description,
        Arguments = [.. Arguments.Select(argument => new PromptArgument { Name = argument.Name, Description = argument.Description, Required = argument.IsRequired })],
    };

    /// <summary>The text with the values in place. What comes in by a value is never looked at again, so it cannot bring in another argument.</summary>
    public string Fill(IReadOnlyDictionary<string, string> values)
    {
        if (values.Keys.FirstOrDefault(name => Arguments.All(argument => argument.Name != name)) is { } unknown)
        {
            throw Invalid($"Prompt '{Name}' has no argument '{unknown}'. It has: {string.Join(", ", Arguments.Select(argument => argument.Name))}.");
        }

        if (Arguments.FirstOrDefault(argument => argument.IsRequired && string.IsNullOrWhiteSpace(values.GetValueOrDefault(argument.Name))) is { } missing)
        {
            throw Invalid($"Prompt '{Name}' needs the argument '{missing.Name}': {missing.Description}");
        }

        if (values.FirstOrDefault(value => value.Value.Length > MaxValueLength) is { Key: { } tooLong })
        {
            throw Invalid($"Argument '{tooLong}' of prompt '{Name}' is longer than {MaxValueLength} characters.");
        }

        var filled = new StringBuilder(Text.Length);
        var rest = Text.AsSpan();
        while (rest.IndexOf("{{") is var open and >= 0 && rest[open..].IndexOf("}}") is var length and >= 0)
        {
            var name = rest.Slice(open + 2, length - 2).Trim().ToString();
            var argument = Arguments.FirstOrDefault(a => a.Name == name) ?? throw new FormatException($"Prompt '{Name}' uses the argument '{name}', which it does not have.");
            filled.Append(rest[..open]).Append(values.GetValueOrDefault(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value : argument.Default);
            rest = rest[(open + length + 2)..];
        }

        return filled.Append(rest).ToString();
    }

    private static McpProtocolException Invalid(string message) => new(message, McpErrorCode.InvalidParams);
}

/// <summary>An argument of a prompt.</summary>
/// <param name="Name">In snake case.</param>
/// <param name="Description">What to give.</param>
/// <param name="Default">What stands in its place when it is not given; null: it must be given.</param>
internal sealed record PromptFileArgument(string Name, string Description, string? Default)
{
    public bool IsRequired => Default is null;

    /// <summary>Reads <c>name</c> or <c>name = default</c>.</summary>
    public static PromptFileArgument Parse(string declaration, string description)
    {
        var equals = declaration.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? new PromptFileArgument(declaration.Trim(), description, Default: null)
            : new PromptFileArgument(declaration[..equals].Trim(), description, declaration[(equals + 1)..].Trim());
    }
}
