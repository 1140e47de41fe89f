namespace Hopx.Agent;

/// <summary>Keeps what a stream brings, and passes it on to whoever follows the run.</summary>
internal sealed class FollowedOutput(BoundedOutput output, Func<ReadOnlyMemory<byte>, ValueTask>? follow)
{
    public BoundedOutput Output => output;

    public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes)
    {
        output.Append(bytes.Span);
        return follow?.Invoke(bytes) ?? ValueTask.CompletedTask;
    }
}
