using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Where a job is on its way.</summary>
[JsonConverter(typeof(LenientEnumConverter<JobStatus>))]
public enum JobStatus
{
    /// <summary>A state that this client does not know.</summary>
    Unknown,

    /// <summary>Waits for its turn.</summary>
    Queued,
    Running,

    /// <summary>Goes on only when somebody types something.</summary>
    WaitingForInput,

    /// <summary>Ended with exit code 0.</summary>
    Completed,

    /// <summary>Ended otherwise, or its time was up.</summary>
    Failed,

    /// <summary>Ended by a signal or on request.</summary>
    Killed,
}
