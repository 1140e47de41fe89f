namespace Hopx.Agent;

/// <summary>Signals by name, as Linux numbers them on x86-64 and ARM.</summary>
internal static class SignalNames
{
    private const int FirstRealTime = 34;

    private static readonly string[] Names =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM",
        "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
        "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    public static string Of(int signal) => signal > 0 && signal < Names.Length ? Names[signal] : signal >= FirstRealTime ? $"SIGRTMIN+{signal - FirstRealTime}" : $"signal {signal}";

    /// <summary>What most often lies behind a program's end by it, or null.</summary>
    public static string? Meaning(int signal) => signal switch
    {
        4 => "an instruction that the processor does not know",
        6 => "the program gave up by itself, most often after a failed check",
        7 => "memory that cannot be accessed, such as a mapped file that was cut",
        8 => "a division by zero or another arithmetic error",
        11 => "memory that is not its own was touched",
        13 => "nobody reads any more what it writes",
        24 => "its limit of processor time is used up",
        25 => "a file would exceed the size that is allowed",
        31 => "a system call that the sandbox does not allow",
        _ => null,
    };
}
