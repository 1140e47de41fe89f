using Hopx.Client;

namespace Hopx.SemanticKernel;

/// <summary>Work in the sandbox that a call means, with failures told in text.</summary>
internal sealed class SandboxCalls(HopxClient client, HopxSandboxSession session)
{
    /// <param name="sandboxId">What the call named, if anything.</param>
    /// <param name="work">The work; its text goes to the model.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<string> InAsync(string? sandboxId, Func<AgentClient, Task<string>> work, CancellationToken cancellationToken)
    {
        SandboxChoice? sandbox = null;
        try
        {
            var chosen = await session.ChooseAsync(sandboxId, cancellationToken).ConfigureAwait(false);
            sandbox = chosen;
            var text = await work(client.Agent(chosen.Id)).ConfigureAwait(false);
            return chosen.IsNew ? $"{text}\n[in the new sandbox {chosen.Id}, which later calls use too]" : text;
        }
        catch (HopxException failure)
        {
            if (failure.MeansSandboxGone && sandbox is { IsOwn: true } own)
            {
                await session.ForgetAsync(own.Id).ConfigureAwait(false);
            }

            return ErrorText.Of(failure, sandbox);
        }
    }
}
