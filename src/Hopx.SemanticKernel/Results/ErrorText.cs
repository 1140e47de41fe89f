using Hopx.Client;

namespace Hopx.SemanticKernel;

/// <summary>What a model is told about an error: the cause, whether another try helps, and what to do.</summary>
internal static class ErrorText
{
    public static string Of(HopxException failure, SandboxChoice? sandbox)
    {
        var advice = failure.Code switch
        {
            _ when failure.MeansSandboxGone && sandbox is { IsOwn: true } =>
                "The sandbox and its files are gone. The next call without sandbox_id makes a new, empty one.",
            _ when failure.MeansSandboxGone => "Leave sandbox_id out to work in a sandbox of this conversation.",
            HopxErrorCode.SandboxStopped or HopxErrorCode.SandboxNotRunning => "Nothing can run in it now; it has to be resumed or started first.",
            HopxErrorCode.FileNotFound or HopxErrorCode.DirectoryNotFound => "Look for it with run_command, such as: find /workspace -maxdepth 2",
            HopxErrorCode.PathNotAllowed => "Use a path under /workspace or /tmp.",
            HopxErrorCode.AuthenticationRequired or HopxErrorCode.InvalidToken or HopxErrorCode.TokenInvalid or HopxErrorCode.PaymentRequired or HopxErrorCode.Forbidden =>
                "Another try does not help: the account or API key has to be put right.",
            _ when failure.RetryAfter is { } wait => $"Try again in {wait.TotalSeconds:0} s.",
            _ when failure.IsTransient => "Try the same call again.",
            _ => null,
        };
        return advice is null ? $"Error: {failure.Message}" : $"Error: {failure.Message}\n{advice}";
    }
}
