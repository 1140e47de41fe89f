namespace Hopx.ControlPlane.Templates;

/// <summary>What a build is at.</summary>
internal enum TemplateBuildStage
{
    /// <summary>Another build on this machine goes first.</summary>
    Waiting,
    Preparing,
    Downloading,
    Installing,
    Customizing,
    Verifying,
    Ready,
}

/// <summary>How far a build is: a fraction from 0 to 1 that never falls.</summary>
internal sealed record TemplateBuildProgress(string Template, TemplateBuildStage Stage, double Fraction, string Detail);
