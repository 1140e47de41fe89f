namespace Hopx.SemanticKernel;

/// <summary>The sandbox that a call works in.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="IsNew">Whether it was made for this call.</param>
/// <param name="IsOwn">Whether it is the session's own, not one that the call named.</param>
internal readonly record struct SandboxChoice(string Id, bool IsNew, bool IsOwn);
