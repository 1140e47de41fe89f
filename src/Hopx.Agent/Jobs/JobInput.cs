using System.Globalization;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Types into jobs and signals them.</summary>
internal static class JobInput
{
    private const int LastSignal = 64;

    // A process that does not read leaves the caller waiting.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, int> Signals = new(StringComparer.OrdinalIgnoreCase)
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["ABRT"] = 6,
        ["KILL"] = 9,
        ["USR1"] = 10,
        ["USR2"] = 12,
        ["PIPE"] = 13,
        ["ALRM"] = 14,
        ["TERM"] = 15,
        ["CONT"] = 18,
        ["STOP"] = 19,
        ["TSTP"] = 20,
        ["WINCH"] = 28,
    };

    public static async Task WriteAsync(Job job, JobInputRequest? request, TimeProvider time, CancellationToken callerLeft)
    {
        if (request is null or { Data: null, Eof: not true })
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'data' is missing. Send text to type, or \"eof\": true to end the input.");
        }

        var bytes = Decode(request.Data ?? "", request.Encoding);
        RefuseEnded(job, "takes no input any more");
        if (!job.TakesInput)
        {
            throw new HopxException(
                HopxErrorCode.Conflict, $"Job '{job.ProcessId}' has no input that can be typed into. Start it with \"interactive\": true, or give the input by a file or a pipe of the shell.");
        }

        if (bytes.Length > 0)
        {
            await TypeAsync(job, bytes, time, callerLeft);
        }

        if (request.Eof is true)
        {
            job.EndInput();
        }
    }

    public static void Signal(Job job, string? signal)
    {
        var number = Parse(signal);
        RefuseEnded(job, "takes no signal any more");
        if (!job.Signal(number))
        {
            throw new HopxException(HopxErrorCode.Conflict, $"Job '{job.ProcessId}' has no process that takes a signal: it has not begun, or it is about to end. Look again.");
        }
    }

    public static int Parse(string? signal)
    {
        var name = signal?.Trim() ?? "";
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= LastSignal)
        {
            return number;
        }

        return Signals.TryGetValue(name.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? name[3..] : name, out number)
            ? number
            : throw new HopxException(
                name.Length == 0 ? HopxErrorCode.MissingParameter : HopxErrorCode.InvalidRequest,
                $"'{(name.Length <= 40 ? name : name[..40] + "…")}' is no signal. Use a name such as INT, TERM or KILL, or a number up to {LastSignal}.");
    }

    public static byte[] Decode(string data, string? encoding)
    {
        switch (encoding?.ToLowerInvariant())
        {
            case null or "" or "utf-8" or "utf8" or "text":
                return Encoding.UTF8.GetBytes(data);
            case "base64":
                try
                {
                    return Convert.FromBase64String(data);
                }
                catch (FormatException malformed)
                {
                    throw new HopxException(HopxErrorCode.InvalidRequest, "'data' is no base64, though 'encoding' says so. Encode it, or leave 'encoding' out.", malformed);
                }

            default:
                throw new HopxException(HopxErrorCode.InvalidRequest, $"The encoding '{(encoding.Length <= 40 ? encoding : encoding[..40] + "…")}' is unknown. Use base64, or leave it out for text.");
        }
    }

    private static async Task TypeAsync(Job job, byte[] bytes, TimeProvider time, CancellationToken callerLeft)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, callerLeft);
        try
        {
            if (!await job.WriteInputAsync(bytes, both.Token).AsTask().WaitAsync(both.Token))
            {
                RefuseEnded(job, "takes no input any more");
                throw new HopxException(HopxErrorCode.Conflict, $"The input of job '{job.ProcessId}' is closed: its end was sent, or the process has closed it.");
            }
        }
        catch (OperationCanceledException) when (!callerLeft.IsCancellationRequested)
        {
            throw new HopxException(
                HopxErrorCode.Conflict, $"Job '{job.ProcessId}' does not read: within {Patience.TotalSeconds:0} s it did not take all of the {bytes.Length} bytes. Part of them may be taken.");
        }
    }

    private static void RefuseEnded(Job job, string what)
    {
        if (job.ToInfo() is { HasEnded: true } info)
        {
            throw new HopxException(HopxErrorCode.Conflict, $"Job '{job.ProcessId}' {what}: it has ended ({info.Status.ToString().ToLowerInvariant()}, exit code {info.ExitCode}).");
        }
    }
}
