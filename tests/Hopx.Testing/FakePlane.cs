namespace Hopx.Testing;

/// <summary>Which of HopX's two APIs a request went to.</summary>
public enum FakePlane
{
    ControlPlane,
    Agent,
}
