using System.Globalization;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>Turns an error into what a model can act on: cause and value, whether to try again, what to call next.</summary>
internal static class ErrorAdvice
{
    public const int MaxMessage = 2000;

    public static string Of(HopxException error) => $"{OutputText.Line(error.Message, MaxMessage)} {Next(error)}";

    private static string Next(HopxException error) => error.Code switch
    {
        HopxErrorCode.SandboxNotFound or HopxErrorCode.SandboxExpired =>
            "The same call will fail again. Call sandbox_list for the sandboxes there are, or sandbox_create, run_code or run_command for a new one.",
        HopxErrorCode.SandboxStopped => "Call sandbox_control with action start, then repeat this call.",
        HopxErrorCode.SandboxNotRunning => "Call sandbox_control with action info to see its state, and resume or start it.",
        HopxErrorCode.SandboxCreating => "Repeat this call in a few seconds.",
        HopxErrorCode.TemplateNotFound => "Leave template out for the default one.",
        HopxErrorCode.TemplateBuildFailed => "Trying again helps only when the cause is mended; another template may work.",
        HopxErrorCode.FileNotFound or HopxErrorCode.DirectoryNotFound => "Call list_files to see what there is.",
        HopxErrorCode.ProcessNotFound => "Call job with action list for the jobs there are.",
        HopxErrorCode.PathNotAllowed or HopxErrorCode.PermissionDenied => "The file tools reach /workspace and /tmp; use a path there, or run_command for other places in the sandbox.",
        HopxErrorCode.InvalidPath => "Correct path and call again.",
        HopxErrorCode.FileAlreadyExists => "Use another path.",
        HopxErrorCode.PayloadTooLarge => "The same call will fail again; do it in smaller parts.",
        HopxErrorCode.Conflict => "Call sandbox_control with action info to see its state.",
        HopxErrorCode.DesktopTakenOver => "Call desktop_take_over with action wait where it is offered; else repeat this call in a while. screenshot works meanwhile.",
        HopxErrorCode.AuthenticationRequired or HopxErrorCode.InvalidToken or HopxErrorCode.TokenInvalid or HopxErrorCode.TokenExpired =>
            "Trying again will not help: whoever set up this server must give it a valid API key.",
        HopxErrorCode.PaymentRequired or HopxErrorCode.Forbidden => "Trying again will not help: the account does not allow it.",
        HopxErrorCode.RateLimitExceeded => $"Repeat this call {Later(error)}.",
        HopxErrorCode.ResourceLimitError => $"Delete a sandbox that is not needed (sandbox_list, sandbox_delete), or repeat this call {Later(error)}.",
        HopxErrorCode.ServiceUnavailable or HopxErrorCode.Unreachable => $"Repeat this call {Later(error)}; whether the last one had an effect is not known.",
        HopxErrorCode.RuntimeNotAvailable or HopxErrorCode.MachineNotReady => "Trying again will not help: whoever runs this server should run hopx-mcp doctor.",
        HopxErrorCode.DesktopNotAvailable => "Trying it again on the same sandbox will not help.",
        HopxErrorCode.InvalidConfiguration => "Trying again will not help: whoever runs this server must change its settings.",
        HopxErrorCode.InvalidRequest or HopxErrorCode.InvalidJson or HopxErrorCode.MissingParameter or HopxErrorCode.MethodNotAllowed => "The same call will fail again; change it.",
        _ => $"Repeat this call once; if it fails again, report it{(error.RequestId is { } id ? $" with request id {OutputText.Line(id, 100)}" : "")}.",
    };

    private static string Later(HopxException error) =>
        error.RetryAfter is { } wait ? string.Create(CultureInfo.InvariantCulture, $"in {Math.Ceiling(wait.TotalSeconds)} s") : "in a few seconds";
}
