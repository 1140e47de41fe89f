using System.Globalization;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class TerminalSetup
{
    private const int MaxMessageBytes = 1024 * 1024;
    private const int DefaultCols = 80;
    private const int DefaultRows = 24;
    private const int MaxSize = 10_000;

    private static readonly TimeSpan InputPatience = TimeSpan.FromSeconds(10);

    public static IServiceCollection AddTerminal(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<TerminalOptions>, TerminalOptionsValidator>();
        services.AddOptions<TerminalOptions>().BindConfiguration("Terminal").ValidateOnStart();
        services.AddSingleton<Terminals>();
        return services;
    }

    public static void MapTerminal(this IEndpointRouteBuilder routes) => routes.MapGet("/terminal", ServeAsync);

    private static async Task ServeAsync(HttpContext http, Terminals terminals, StreamEndpoint endpoint, TimeProvider time)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            // Refuses it, before there is a shell.
            await endpoint.ServeAsync(http, static (_, _) => Task.CompletedTask);
        }

        var query = http.Request.Query;
        var session = query["id"].ToString() is { Length: > 0 } id
            ? terminals.Get(id)
            : terminals.Open(Size(Number(query, "cols") ?? DefaultCols, "cols"), Size(Number(query, "rows") ?? DefaultRows, "rows"), TimeSpan.FromSeconds(Number(query, "keep") ?? 0));
        http.Response.Headers[TerminalConnection.IdHeader] = session.Id;
        var isShown = false;
        try
        {
            await endpoint.ServeAsync(
                http,
                (frames, left) =>
                {
                    isShown = true;
                    return ShowAsync(frames, session, terminals, time, left);
                },
                MaxMessageBytes);
        }
        finally
        {
            if (!isShown && query["id"].ToString().Length == 0)
            {
                terminals.End(session);
            }
        }
    }

    private static async Task ShowAsync(JsonFrames frames, TerminalSession session, Terminals terminals, TimeProvider time, CancellationToken left)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(left);
        using var listens = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
        var viewer = new TerminalViewer(frames, over.Token);
        session.Attach(viewer);
        var listening = frames.ListenAsync(HopxJson.Default.TerminalInput, message => ActAsync(message, session, time, listens.Token), listens.Token);
        try
        {
            await Task.WhenAny(session.Exited, listening, viewer.Left, viewer.Replaced);
            if (viewer.Replaced.IsCompleted)
            {
                throw new HopxException(HopxErrorCode.Conflict, $"Another client has connected to terminal '{session.Id}'.");
            }

            if (session.Exited.IsCompleted)
            {
                over.CancelAfter(RunStreams.ClientPatience);
                await viewer.CompleteAsync();
                await frames.SendAsync(new TerminalFrame { Type = "exit", Code = await session.Exited }, HopxJson.Default.TerminalFrame, over.Token);
                terminals.End(session);
            }
        }
        finally
        {
            session.Detach(viewer, () => terminals.End(session));
            // The closing receives again.
            await listens.CancelAsync();
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task ActAsync(TerminalInput message, TerminalSession session, TimeProvider time, CancellationToken over)
    {
        switch (message.Type)
        {
            case "input":
                await TypeAsync(JobInput.Decode(message.Data ?? "", message.Encoding), session, time, over);
                break;
            case "resize":
                session.Resize(Size(message.Cols ?? 0, "cols"), Size(message.Rows ?? 0, "rows"));
                break;
        }
    }

    private static async Task TypeAsync(byte[] bytes, TerminalSession session, TimeProvider time, CancellationToken over)
    {
        using var patience = new CancellationTokenSource(InputPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, over);
        try
        {
            _ = await session.WriteAsync(bytes, both.Token);
        }
        catch (OperationCanceledException) when (!over.IsCancellationRequested)
        {
            throw new HopxException(
                HopxErrorCode.Conflict, $"What runs in the terminal does not read: within {InputPatience.TotalSeconds:0} s it did not take all of the {bytes.Length} bytes. The rest is dropped.");
        }
    }

    private static int Size(double size, string name) => size is >= 1 and <= MaxSize
        ? (int)size
        : throw new HopxException(HopxErrorCode.InvalidRequest, $"'{name}' is {size.ToString(CultureInfo.InvariantCulture)}; a terminal has from 1 to {MaxSize}.");

    private static double? Number(IQueryCollection query, string name)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? null
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, TimeSpan.FromDays(1).TotalSeconds)
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"'{name}' is '{(text.Length <= 40 ? text : text[..40] + "…")}', which is no number.");
    }
}
