using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Hopx.Client;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Opens connections to the agent of a sandbox, for <c>SocketsHttpHandler.ConnectCallback</c> and for the wait until it answers.</summary>
internal static class AgentConnector
{
    public const string SocketName = "agent.sock";

    private const int LogTail = 2_000;

    private static readonly byte[] HealthRequest = "GET /health HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>Connects to the agent that listens in that directory.</summary>
    /// <exception cref="SocketException">Nothing listens there, or what lies there is no socket.</exception>
    public static async ValueTask<Stream> ConnectAsync(string runDirectory, CancellationToken cancellationToken)
    {
        // Code in the sandbox might put a link to a socket of this machine in the place of the agent's: open the thing itself, never
        // what it points at, and connect to what was opened. This also frees the path from the 108 bytes of a socket's address.
        var descriptor = Libc.Open(Path.Combine(runDirectory, SocketName), Libc.OpenPathOnly | Libc.OpenNoFollow | Libc.OpenCloseOnExec);
        if (descriptor < 0)
        {
            throw new SocketException((int)SocketError.ConnectionRefused, $"The agent's socket is not in '{runDirectory}': {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}")), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    /// <summary>Waits until the agent answers; fails at once when the sandbox's first process died.</summary>
    public static async Task WaitUntilReadyAsync(SandboxHandle sandbox, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        var last = "it was not asked";
        try
        {
            while (await AskAsync(sandbox.RunDirectory, late.Token) is { } problem)
            {
                last = problem;
                if (sandbox.Process?.IsAlive() is not true)
                {
                    throw new HopxException(
                        HopxErrorCode.InternalError,
                        $"The agent of sandbox '{sandbox.Id}' ended before it answered. {Said(ReadLogTail(sandbox))} 'hopx-mcp doctor' checks this machine.");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(1), late.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HopxException(
                HopxErrorCode.InternalError,
                $"The agent of sandbox '{sandbox.Id}' did not answer within {patience.TotalSeconds:0.#} s ({last}). {Said(ReadLogTail(sandbox))} Try again when the machine is less busy.");
        }
    }

    /// <summary>The last lines that the agent, or the runtime before it, wrote.</summary>
    public static string ReadLogTail(SandboxHandle sandbox)
    {
        try
        {
            using var log = File.OpenRead(sandbox.AgentLog);
            log.Seek(Math.Max(0, log.Length - LogTail), SeekOrigin.Begin);
            Span<byte> tail = stackalloc byte[LogTail];
            return Encoding.UTF8.GetString(tail[..log.ReadAtLeast(tail, LogTail, throwOnEndOfStream: false)]).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string Said(string log) => log.Length == 0 ? "It wrote no message." : $"Its last words: {log}";

    /// <summary>Asks once, with no HTTP stack in between: this stands in the way of every start. Null when it answers well.</summary>
    private static async Task<string?> AskAsync(string runDirectory, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await ConnectAsync(runDirectory, cancellationToken);
            await stream.WriteAsync(HealthRequest, cancellationToken);
            var answer = new byte["HTTP/1.1 200".Length];
            await stream.ReadExactlyAsync(answer, cancellationToken);
            return answer.AsSpan().SequenceEqual("HTTP/1.1 200"u8) ? null : $"it said '{Encoding.ASCII.GetString(answer)}'";
        }
        catch (Exception notYet) when (notYet is SocketException or IOException)
        {
            return notYet.Message;
        }
    }
}
