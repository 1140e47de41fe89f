using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Client;

/// <summary>A run that is followed while it goes on. Disposing it before its end kills the run.</summary>
public sealed class FollowedRun<TAnswer> : IAsyncDisposable
    where TAnswer : RunAnswer
{
    private readonly AgentWebSocket _socket;
    private readonly JsonTypeInfo<TAnswer> _answerType;

    internal FollowedRun(AgentWebSocket socket, JsonTypeInfo<TAnswer> answerType)
    {
        _socket = socket;
        _answerType = answerType;
    }

    /// <summary>All that happens, to its end. A reader that is slow slows the run.</summary>
    public async IAsyncEnumerable<RunUpdate> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RunEnded<TAnswer>? end = null;
        HopxException? refusal = null;
        while (await _socket.ReceiveAsync(HopxJson.Default.JsonObject, cancellationToken).ConfigureAwait(false) is { } frame)
        {
            var type = TextOf(frame, "type");
            switch (type)
            {
                case "stdout" or "stderr":
                    yield return new RunOutput { Text = TextOf(frame, "data") ?? "", IsStderr = type == "stderr" };
                    break;
                case "waiting_for_input" when Read(frame["waiting_for_input"], HopxJson.Default.InputWait) is { } wait:
                    yield return new RunWaits { Wait = wait };
                    break;
                case "result":
                    end = ToEnd(frame);
                    break;
                case "error":
                    refusal = ToException(frame);
                    break;
                case "complete":
                    yield return end ?? throw refusal ?? Broken("it ended without a result");
                    yield break;
            }
        }

        throw refusal ?? Broken("the agent closed it before the end of the run");
    }

    /// <summary>Types into its standard input; it must have been started as interactive.</summary>
    public Task WriteInputAsync(string data, CancellationToken cancellationToken = default) => SendAsync(new RunStreamInput { Type = "input", Data = data }, cancellationToken);

    public Task EndInputAsync(CancellationToken cancellationToken = default) => SendAsync(new RunStreamInput { Type = "eof" }, cancellationToken);

    /// <summary>What Ctrl+C does.</summary>
    public Task InterruptAsync(CancellationToken cancellationToken = default) => SendAsync(new RunStreamInput { Type = "interrupt" }, cancellationToken);

    public ValueTask DisposeAsync() => _socket.DisposeAsync();

    private Task SendAsync(RunStreamInput input, CancellationToken cancellationToken) => _socket.SendAsync(input, HopxJson.Default.RunStreamInput, cancellationToken);

    private RunEnded<TAnswer>? ToEnd(JsonObject frame)
    {
        // HopX's own service tells no more than the exit code.
        frame.TryAdd("success", frame["exit_code"] is JsonValue code && code.TryGetValue(out int number) && number == 0);
        return Read(frame, _answerType) is { } answer ? new RunEnded<TAnswer> { Answer = answer } : null;
    }

    private static HopxException ToException(JsonObject frame) => new(
        HopxErrorCodeExtensions.FromWire(TextOf(frame, "code")), TextOf(frame, "message") ?? TextOf(frame, "error") ?? "The run was refused without a reason.");

    private static HopxException Broken(string why) => new(HopxErrorCode.Unreachable, $"The stream of the run broke: {why}. Start it again.");

    private static string? TextOf(JsonObject frame, string name) => frame[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static T? Read<T>(JsonNode? node, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return node?.Deserialize(type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
