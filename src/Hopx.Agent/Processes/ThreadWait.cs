namespace Hopx.Agent;

/// <summary>A thread that waits for input.</summary>
/// <param name="Process">Its process.</param>
/// <param name="Thread">The thread.</param>
/// <param name="Switches">How often it has gone to sleep: as long as that stays, it is the same wait.</param>
/// <param name="IsForEver">Whether nothing but input ends the wait.</param>
internal readonly record struct ThreadWait(int Process, int Thread, long Switches, bool IsForEver);
