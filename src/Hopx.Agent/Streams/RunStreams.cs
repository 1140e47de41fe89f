using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Runs that are followed while they go on: what they write goes out as it comes, and the client's leaving ends them.</summary>
internal sealed class RunStreams(StreamEndpoint endpoint, CodeExecution execution, CommandExecution commands, TimeProvider time)
{
    // The same code that an HTTP body may bring.
    private const int MaxMessageBytes = 32 * 1024 * 1024;
    private const int Interrupt = 2;

    /// <summary>How long a client may leave what it was sent unread.</summary>
    public static readonly TimeSpan ClientPatience = TimeSpan.FromMinutes(5);

    public Task ServeCodeAsync(HttpContext http) => ServeAsync(http, request => request);

    /// <summary>Code of a notebook, which is Python and keeps its state.</summary>
    public Task ServeNotebookAsync(HttpContext http) => ServeAsync(http, request => request with { Language = null, Clean = false });

    public Task ServeCommandAsync(HttpContext http) => endpoint.ServeAsync(
        http,
        (frames, left) => TalkAsync(
            frames,
            async () =>
            {
                var request = await frames.ReceiveAsync(HopxJson.Default.CommandStreamRequest, left);
                return request is null ? null : new Conversation(
                    request is { Interactive: true } or { Terminal: true },
                    observer => commands.Start(request, observer),
                    result => JsonSerializer.SerializeToNode(commands.Describe(request.Command!, result, http.TraceIdentifier), HopxJson.Default.CommandResult)!.AsObject());
            },
            left),
        MaxMessageBytes);

    private Task ServeAsync(HttpContext http, Func<ExecuteStreamRequest, ExecuteStreamRequest> adapt) => endpoint.ServeAsync(
        http,
        (frames, left) => TalkAsync(
            frames,
            async () =>
            {
                var received = await frames.ReceiveAsync(HopxJson.Default.ExecuteStreamRequest, left);
                var request = received is null ? null : adapt(received);
                return request is null ? null : new Conversation(
                    request.Interactive is true,
                    observer => execution.Start(request, observer),
                    result => JsonSerializer.SerializeToNode(
                        execution.Describe(Languages.Parse(request.Language), result, http.TraceIdentifier), HopxJson.Default.ExecutionResult)!.AsObject());
            },
            left),
        MaxMessageBytes);

    private async Task TalkAsync(JsonFrames frames, Func<Task<Conversation?>> begin, CancellationToken left)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(left);
        StreamObserver observer;
        IRun run;
        Conversation? conversation;
        try
        {
            conversation = await begin();
            if (conversation is null)
            {
                return;
            }

            observer = new StreamObserver(frames, conversation.TakesInput, time, over.Token);
            run = conversation.Start(observer);
        }
        catch (HopxException refused)
        {
            await frames.SendErrorAsync(refused, left);
            await SendCompleteAsync(frames, success: false, exitCode: 1, left);
            return;
        }

        using var listens = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
        var listening = frames.ListenAsync(HopxJson.Default.RunStreamInput, message => ActAsync(message, run, conversation.TakesInput, listens.Token), listens.Token);
        try
        {
            await Task.WhenAny(run.Completion, listening, observer.ClientLeft);
            if (!run.Completion.IsCompleted)
            {
                // Fails, when it was not the client's decision.
                await await Task.WhenAny(listening, observer.ClientLeft);
                return;
            }
        }
        finally
        {
            if (!run.Completion.IsCompleted)
            {
                run.Kill();
                await over.CancelAsync();
            }
        }

        over.CancelAfter(ClientPatience);
        var result = await run.Completion;
        await observer.CompleteAsync();
        // The closing receives again.
        await listens.CancelAsync();
        await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await SendResultAsync(frames, conversation.Describe(result), over.Token);
        await SendCompleteAsync(frames, result.Success, result.ExitCode, over.Token);
    }

    private static async Task ActAsync(RunStreamInput message, IRun run, bool takesInput, CancellationToken over)
    {
        switch (message.Type)
        {
            case "input" or "eof" when !takesInput:
                throw new HopxException(HopxErrorCode.Conflict, "This run has no input that can be typed into. Start it with \"interactive\": true.");
            case "input":
                if (!await run.WriteInputAsync(JobInput.Decode(message.Data ?? "", message.Encoding), over))
                {
                    throw new HopxException(HopxErrorCode.Conflict, "The input of this run is closed: its end was sent, the process has closed it, or it has ended.");
                }

                break;
            case "eof":
                run.EndInput();
                break;
            case "interrupt":
                run.Signal(Interrupt);
                break;
            case "signal":
                run.Signal(JobInput.Parse(message.Signal));
                break;
        }
    }

    // Everything but the output, which went out before.
    private static Task SendResultAsync(JsonFrames frames, JsonObject answer, CancellationToken cancellationToken)
    {
        answer.Remove("stdout");
        answer.Remove("stderr");
        answer.Insert(0, "type", "result");
        return frames.SendAsync(answer, HopxJson.Default.JsonObject, cancellationToken);
    }

    private Task SendCompleteAsync(JsonFrames frames, bool success, int exitCode, CancellationToken cancellationToken) => frames.SendAsync(
        new RunFrame { Type = "complete", Success = success, ExitCode = exitCode, Timestamp = time.GetUtcNow() }, HopxJson.Default.RunFrame, cancellationToken);

    private sealed record Conversation(bool TakesInput, Func<RunObserver, IRun> Start, Func<RunResult, JsonObject> Describe);
}
