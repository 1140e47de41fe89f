namespace Hopx.Client;

/// <summary>Error codes of the HopX APIs. On the wire each is its name in upper snake case, such as <c>FILE_NOT_FOUND</c>.</summary>
public enum HopxErrorCode
{
    /// <summary>A code that this client does not know; the message still tells what happened.</summary>
    Unknown,
    InvalidRequest,
    InvalidJson,
    MissingParameter,
    InvalidPath,
    AuthenticationRequired,
    InvalidToken,
    TokenInvalid,
    TokenExpired,
    PaymentRequired,
    Forbidden,
    PathNotAllowed,
    PermissionDenied,
    ResourceNotFound,
    NotFound,
    SandboxNotFound,
    TemplateNotFound,
    FileNotFound,
    DirectoryNotFound,
    ProcessNotFound,
    MethodNotAllowed,
    ExecutionTimeout,
    Conflict,
    FileAlreadyExists,
    SandboxCreating,
    SandboxStopped,
    SandboxNotRunning,
    SandboxExpired,
    PayloadTooLarge,
    RateLimitExceeded,
    ResourceLimitError,
    InternalError,
    CodeExecutionError,
    FileOperationFailed,
    CommandFailed,
    ExecutionFailed,
    TemplateBuildFailed,
    ServiceUnavailable,
    DesktopNotAvailable,

    /// <summary>Not HopX's: a person has mouse and keyboard, so nobody else acts.</summary>
    DesktopTakenOver,

    // Only local: nothing of HopX's own was reached, or this machine cannot run sandboxes.
    Unreachable,
    RuntimeNotAvailable,
    MachineNotReady,
    InvalidConfiguration,
}
