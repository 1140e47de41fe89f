using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Serialization of every wire record; the servers answer with the very records that the client reads.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(NestedErrorBody))]
[JsonSerializable(typeof(ServiceHealth))]
[JsonSerializable(typeof(Sandbox))]
[JsonSerializable(typeof(ListPage<Sandbox>))]
[JsonSerializable(typeof(CreateSandboxRequest))]
[JsonSerializable(typeof(SetTimeoutRequest))]
[JsonSerializable(typeof(SandboxTimeout))]
[JsonSerializable(typeof(SandboxToken))]
[JsonSerializable(typeof(SandboxStateChange))]
[JsonSerializable(typeof(Template))]
[JsonSerializable(typeof(ListPage<Template>))]
[JsonSerializable(typeof(ExecuteRequest))]
[JsonSerializable(typeof(ExecutionResult))]
[JsonSerializable(typeof(CommandRequest))]
[JsonSerializable(typeof(CommandResult))]
[JsonSerializable(typeof(BackgroundExecuteRequest))]
[JsonSerializable(typeof(AsyncExecuteRequest))]
[JsonSerializable(typeof(AsyncExecution))]
[JsonSerializable(typeof(AsyncExecutionResult))]
[JsonSerializable(typeof(BackgroundCommandRequest))]
[JsonSerializable(typeof(BackgroundRun))]
[JsonSerializable(typeof(JobInfo))]
[JsonSerializable(typeof(JobList))]
[JsonSerializable(typeof(ExecutionProcessList))]
[JsonSerializable(typeof(JobOutputPart))]
[JsonSerializable(typeof(JobInputRequest))]
[JsonSerializable(typeof(JobSignalRequest))]
[JsonSerializable(typeof(KillRequest))]
[JsonSerializable(typeof(KillResult))]
[JsonSerializable(typeof(ProcessList))]
[JsonSerializable(typeof(FileContent))]
[JsonSerializable(typeof(WriteFileRequest))]
[JsonSerializable(typeof(FilePathRequest))]
[JsonSerializable(typeof(FileResponse))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(FileExists))]
[JsonSerializable(typeof(EnvironmentVariables))]
[JsonSerializable(typeof(EnvironmentUpdate))]
[JsonSerializable(typeof(AgentHealth))]
[JsonSerializable(typeof(AgentInfo))]
[JsonSerializable(typeof(DeadlineRequest))]
[JsonSerializable(typeof(ErrorFrame))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Dictionary<string, string>))]
public sealed partial class HopxJson : JsonSerializerContext;
