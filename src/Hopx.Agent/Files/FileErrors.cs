using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Says what a failed file operation means for a caller.</summary>
internal static class FileErrors
{
    public static HopxException NotFound(string path) =>
        new(HopxErrorCode.FileNotFound, $"File not found: {path}. GET /files/list shows what is there.") { Path = path };

    public static HopxException DirectoryNotFound(string path) =>
        new(HopxErrorCode.DirectoryNotFound, $"Directory not found: {path}. POST /files/mkdir makes it.") { Path = path };

    public static HopxException Outside(string path, IEnumerable<string> roots) =>
        new(HopxErrorCode.PathNotAllowed, $"Path not allowed: {path} is, or leads, outside {string.Join(", ", roots)}. Use a path beneath one of them.") { Path = path };

    public static HopxException Invalid(string path, string why) =>
        new(HopxErrorCode.InvalidPath, $"{path} {why}") { Path = path };

    public static HopxException Exists(string path, string advice) =>
        new(HopxErrorCode.FileAlreadyExists, $"{path} already exists. {advice}") { Path = path };

    public static HopxException FromErrno(int error, string path, string attempt) => error switch
    {
        Errno.NotFound => NotFound(path),
        Errno.NotADirectory => Invalid(path, "leads through something that is no directory."),
        Errno.IsADirectory => Invalid(path, "is a directory."),
        Errno.NameTooLong => Invalid(path.Length > 100 ? path[..100] + "…" : path, "is too long: a name may have 255 bytes, a path 4095."),
        Errno.TooManyLinks => new HopxException(HopxErrorCode.PathNotAllowed, $"{path} leads through a link that may not be followed, or through links without end.") { Path = path },
        Errno.Exists => Exists(path, "Remove it first."),
        Errno.NotPermitted or Errno.AccessDenied or Errno.ReadOnlyFileSystem or Errno.Busy =>
            new HopxException(HopxErrorCode.PermissionDenied, $"Permission denied: cannot {attempt} {path} ({new NativeException(attempt, error).Message})") { Path = path },
        Errno.NoSpace or Errno.QuotaExceeded or Errno.FileTooLarge => NoSpace(path),
        // A file system that fails is no reason to repeat the call, so never a 5xx.
        _ => new HopxException(HopxErrorCode.FileOperationFailed, $"Cannot {attempt} {path}: {new NativeException(attempt, error).Message}") { Path = path, StatusCode = 409 },
    };

    /// <summary>The caller's reason for a failure while bytes were read or written; null when it is none of theirs.</summary>
    public static HopxException? FromWrite(IOException failure, string path) =>
        (failure.HResult & 0xFFFF) is Errno.NoSpace or Errno.QuotaExceeded or Errno.FileTooLarge ? NoSpace(path) : null;

    private static HopxException NoSpace(string path) =>
        new(HopxErrorCode.PayloadTooLarge, $"No space is left in the sandbox for {path}. Remove files that are no longer needed, then try again.") { Path = path };
}
