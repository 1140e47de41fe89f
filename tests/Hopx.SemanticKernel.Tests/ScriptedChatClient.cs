using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Hopx.SemanticKernel.Tests;

/// <summary>A model that says what the test has written down, and remembers what it was told.</summary>
internal sealed class ScriptedChatClient(params AIContent[] turns) : IChatClient
{
    private int _turn;

    public List<IReadOnlyList<ChatMessage>> Heard { get; } = [];

    /// <summary>Results of functions in the order in which the model saw them.</summary>
    public IReadOnlyList<object?> Results => [.. Heard.LastOrDefault()?.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.Result) ?? []];

    public static FunctionCallContent Call(string name, params (string Name, object? Value)[] arguments) =>
        new(Guid.NewGuid().ToString("N"), name, arguments.ToDictionary(argument => argument.Name, argument => argument.Value));

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Heard.Add([.. messages]);
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [turns[_turn++]])));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
