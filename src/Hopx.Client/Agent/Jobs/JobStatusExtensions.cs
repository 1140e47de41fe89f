namespace Hopx.Client;

/// <summary>What can be asked of a state.</summary>
public static class JobStatusExtensions
{
    extension(JobStatus status)
    {
        /// <summary>Whether nothing can come any more.</summary>
        public bool HasEnded => status is JobStatus.Completed or JobStatus.Failed or JobStatus.Killed;
    }
}
