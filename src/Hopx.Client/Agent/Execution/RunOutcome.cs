using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>How a run of code or of a command ended: never just a number.</summary>
[JsonConverter(typeof(LenientEnumConverter<RunOutcome>))]
public enum RunOutcome
{
    /// <summary>The service did not say; look at the exit code.</summary>
    Unknown,

    /// <summary>Ended by itself with exit code 0.</summary>
    Completed,

    /// <summary>Ended by itself with another exit code.</summary>
    Failed,

    /// <summary>Killed because its time was up.</summary>
    TimedOut,

    /// <summary>Ended by a signal that the agent did not send.</summary>
    Killed,

    /// <summary>Killed because the sandbox's memory was used up.</summary>
    OutOfMemory,

    /// <summary>Could not be started: interpreter or program missing, or no process could be made.</summary>
    CouldNotStart,

    /// <summary>Failed because the sandbox's disk is full.</summary>
    DiskFull,

    /// <summary>Failed because the sandbox may have no more processes or threads.</summary>
    TooManyProcesses,

    /// <summary>The kernel that ran it died; its variables are gone.</summary>
    KernelLost,

    /// <summary>Not ended yet: the answer came before.</summary>
    Running,
}
