using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Hopx.Mcp.Tools;

/// <summary>The text of a result: sentences of ours, and sections of the sandbox's between marks that the sandbox cannot have known.</summary>
internal sealed class ResultText
{
    private readonly StringBuilder _text = new();
    private readonly string _mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));

    public ResultText Say(string? sentence)
    {
        if (!string.IsNullOrEmpty(sentence))
        {
            _text.Append(_text.Length > 0 ? "\n" : "").Append(sentence);
        }

        return this;
    }

    /// <summary>Adds a section; an empty one is not worth its marks.</summary>
    public ResultText Show(OutputSection section)
    {
        if (section.Text.Length is 0)
        {
            return this;
        }

        Say($"[{section.Name} {_mark}]");
        Say(section.Shown.TrimEnd('\n'));
        Say($"[end {_mark}]");
        if (section.OmittedBytes > 0)
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"{section.OmittedBytes} bytes in the middle of {section.Name} were not kept. Write long output into a file."));
        }

        return section switch
        {
            { IsCut: true, File: { } file } => Say($"All of {section.Name} ({section.Text.Length} characters) is in {file}: read_file with offset and limit shows the rest."),
            { IsCut: true } => Say($"The rest of {section.Name} ({section.Text.Length} characters in all) could not be kept in a file of the sandbox; print less, or write it into a file."),
            _ => this,
        };
    }

    public override string ToString() => _text.ToString();
}
