namespace Hopx.Agent;

/// <summary>A Python process and the way to talk to it.</summary>
internal sealed record PythonProcess(ChildProcess Child, PythonChannel Channel);
