using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Hopx.Mcp.Tools;

/// <summary>Serialization of what tools take and give.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SandboxFacts))]
[JsonSerializable(typeof(DeletedFacts))]
[JsonSerializable(typeof(SandboxListFacts))]
[JsonSerializable(typeof(RunFacts))]
[JsonSerializable(typeof(JobFacts))]
[JsonSerializable(typeof(FileFacts))]
[JsonSerializable(typeof(WrittenFacts))]
[JsonSerializable(typeof(DirectoryFacts))]
[JsonSerializable(typeof(SandboxAction))]
[JsonSerializable(typeof(ContentEncoding))]
[JsonSerializable(typeof(JobAction))]
[JsonSerializable(typeof(WindowsFacts))]
[JsonSerializable(typeof(ClipboardFacts))]
[JsonSerializable(typeof(RecordingFacts))]
[JsonSerializable(typeof(ScreenTextFacts))]
[JsonSerializable(typeof(SentPicture))]
[JsonSerializable(typeof(ComputerStep))]
[JsonSerializable(typeof(WindowAction))]
[JsonSerializable(typeof(ClipboardAction))]
[JsonSerializable(typeof(RecordingAction))]
[JsonSerializable(typeof(JsonObject[]))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(double[]))]
[JsonSerializable(typeof(double?))]
[JsonSerializable(typeof(LiveFacts))]
[JsonSerializable(typeof(TakeOverAction))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ToolJson : JsonSerializerContext;
