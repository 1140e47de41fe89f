using System.Collections.Frozen;
using System.Text.Json;

namespace Hopx.Client;

/// <summary>What an error code is called on the wire and which HTTP status goes with it.</summary>
public static class HopxErrorCodeExtensions
{
    private static readonly FrozenDictionary<string, HopxErrorCode> ByWireName =
        Enum.GetValues<HopxErrorCode>().ToFrozenDictionary(WireName, StringComparer.OrdinalIgnoreCase);

    extension(HopxErrorCode code)
    {
        /// <summary>The code as HopX writes it, such as <c>FILE_NOT_FOUND</c>.</summary>
        public string ToWire() => WireName(code);

        /// <summary>The status that both servers answer with; never 5xx for what a caller or their code did, since the SDKs repeat those.</summary>
        public int HttpStatus => code switch
        {
            HopxErrorCode.InvalidRequest or HopxErrorCode.InvalidJson or HopxErrorCode.MissingParameter or HopxErrorCode.InvalidPath => 400,
            HopxErrorCode.AuthenticationRequired or HopxErrorCode.InvalidToken or HopxErrorCode.TokenInvalid or HopxErrorCode.TokenExpired => 401,
            HopxErrorCode.PaymentRequired => 402,
            HopxErrorCode.Forbidden or HopxErrorCode.PathNotAllowed or HopxErrorCode.PermissionDenied => 403,
            HopxErrorCode.ResourceNotFound or HopxErrorCode.NotFound or HopxErrorCode.SandboxNotFound or HopxErrorCode.TemplateNotFound
                or HopxErrorCode.FileNotFound or HopxErrorCode.DirectoryNotFound or HopxErrorCode.ProcessNotFound => 404,
            HopxErrorCode.MethodNotAllowed => 405,
            HopxErrorCode.ExecutionTimeout => 408,
            HopxErrorCode.Conflict or HopxErrorCode.FileAlreadyExists or HopxErrorCode.SandboxCreating or HopxErrorCode.SandboxStopped
                or HopxErrorCode.SandboxNotRunning or HopxErrorCode.DesktopNotAvailable or HopxErrorCode.DesktopTakenOver => 409,
            HopxErrorCode.SandboxExpired => 410,
            HopxErrorCode.PayloadTooLarge => 413,
            HopxErrorCode.RateLimitExceeded or HopxErrorCode.ResourceLimitError => 429,
            HopxErrorCode.ServiceUnavailable or HopxErrorCode.RuntimeNotAvailable or HopxErrorCode.MachineNotReady => 503,
            _ => 500,
        };

        /// <summary>The code that HopX wrote, or <see cref="HopxErrorCode.Unknown"/>.</summary>
        public static HopxErrorCode FromWire(string? wire) =>
            wire is not null && ByWireName.TryGetValue(wire, out var known) ? known : HopxErrorCode.Unknown;

        /// <summary>The code that fits a bare HTTP status, for answers without one.</summary>
        public static HopxErrorCode FromStatus(int status) => status switch
        {
            400 => HopxErrorCode.InvalidRequest,
            401 => HopxErrorCode.InvalidToken,
            402 => HopxErrorCode.PaymentRequired,
            403 => HopxErrorCode.Forbidden,
            404 => HopxErrorCode.ResourceNotFound,
            405 => HopxErrorCode.MethodNotAllowed,
            408 => HopxErrorCode.ExecutionTimeout,
            409 => HopxErrorCode.Conflict,
            410 => HopxErrorCode.SandboxExpired,
            413 => HopxErrorCode.PayloadTooLarge,
            429 => HopxErrorCode.RateLimitExceeded,
            503 => HopxErrorCode.ServiceUnavailable,
            >= 500 => HopxErrorCode.InternalError,
            _ => HopxErrorCode.Unknown,
        };
    }

    private static string WireName(HopxErrorCode code) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(code.ToString());
}
