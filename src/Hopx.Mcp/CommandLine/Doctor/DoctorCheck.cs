namespace Hopx.Mcp.CommandLine.Doctor;

internal enum CheckResult
{
    Ok,

    /// <summary>Works, with less than there could be.</summary>
    Warn,

    /// <summary>Without this the main job cannot run.</summary>
    Fail,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Remedy">The command or action that mends it.</param>
internal sealed record DoctorCheck(string Name, CheckResult Result, string Detail, string? Remedy = null);
