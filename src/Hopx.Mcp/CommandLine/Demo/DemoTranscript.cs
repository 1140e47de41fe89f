using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Hopx.Mcp.CommandLine.Output;

namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>Every call and what came back, shortened, as Markdown that people read.</summary>
internal sealed class DemoTranscript(TextWriter file) : IDisposable
{
    private const int LongestArgument = 1_500;
    private const int LongestAnswer = 2_500;

    private int _calls;

    public void Heading(string title) => file.WriteLine($"## {title}\n");

    public void Say(string text) => file.WriteLine($"{text}\n");

    public void Call(string tool, JsonObject arguments, ToolAnswer answer, TimeSpan time)
    {
        _calls++;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"### {_calls}. {tool} ({Times.Seconds(time)}){(answer.IsError ? ", refused" : "")}\n\n");
        foreach (var (name, value) in arguments)
        {
            var shown = ShortText.Of(value?.GetValueKind() is System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : value?.ToJsonString() ?? "null", LongestArgument);
            text.Append(shown.Contains('\n', StringComparison.Ordinal) ? $"{name}:\n\n{Block(shown)}\n" : $"{name}: `{shown}`\n\n");
        }

        text.Append("Answer:\n\n").Append(Block(ShortText.Of(answer.Text, LongestAnswer)));
        foreach (var image in answer.Images)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nand a picture ({image.MimeType}, {image.DecodedData.Length} bytes)\n");
        }

        file.WriteLine(text.ToString());
    }

    public void Dispose() => file.Dispose();

    // What came out of a sandbox must not end its own block.
    private static string Block(string text)
    {
        var fence = "```";
        while (text.Contains(fence, StringComparison.Ordinal))
        {
            fence += "`";
        }

        return $"{fence}text\n{text.TrimEnd('\n')}\n{fence}\n";
    }
}
