namespace Hopx.ControlPlane.Setup;

/// <summary>Where a step of the set-up stands.</summary>
internal enum SetupState
{
    Checking,
    Working,

    /// <summary>Nothing was to be done.</summary>
    AlreadyReady,
    Done,
    Failed,
}

/// <summary>One event of the set-up: the same stream for the command line, the demo and the tests.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Detail">What it is at, found, or failed with.</param>
/// <param name="Fraction">From 0 to 1; null where nobody can tell.</param>
internal sealed record SetupProgress(string Step, SetupState State, string Detail, double? Fraction = null);
