using System.Globalization;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol;

namespace Hopx.Mcp.Tools;

/// <summary>Tells a client that asked for it that its call is still at work: many give up on a silent one.</summary>
internal sealed class CallProgress(IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const string NoteKey = "hopx.progress";

    /// <summary>Says what the call's work is at; the client hears it with the next notice.</summary>
    public static void Note(ToolCall call, string text)
    {
        if (text.Length > 0)
        {
            call.Items[NoteKey] = text;
        }
    }

    public async Task<T> WhileAsync<T>(ToolCall call, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        if (call.Params.ProgressToken is null)
        {
            return await work();
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ticking = TickAsync(call, over.Token);
        try
        {
            return await work();
        }
        finally
        {
            await over.CancelAsync();
            await ticking;
        }
    }

    private async Task TickAsync(ToolCall call, CancellationToken over)
    {
        var started = time.GetTimestamp();
        using var timer = new PeriodicTimer(options.Value.ProgressInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                var seconds = (float)Math.Round(time.GetElapsedTime(started).TotalSeconds, 1);
                await call.Server.NotifyProgressAsync(
                    call.Params.ProgressToken!.Value,
                    new ProgressNotificationValue
                    {
                        Progress = seconds,
                        Message = string.Create(
                            CultureInfo.InvariantCulture,
                            $"{call.Params.Name} is still at work after {seconds:0} s{(call.Items.TryGetValue(NoteKey, out var note) ? $": {note}" : ".")}"),
                    },
                    cancellationToken: over);
            }
        }
        catch (OperationCanceledException)
        {
            // The work is done.
        }
        catch (Exception lost) when (lost is IOException or InvalidOperationException)
        {
            // Nobody listens any more; the call finds out by itself.
        }
    }
}
