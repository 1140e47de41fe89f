using static Hopx.ControlPlane.Sandboxes.SandboxOperation;
using static Hopx.ControlPlane.Sandboxes.SandboxState;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>The state machine of a sandbox: decided here and nowhere else.</summary>
internal static class SandboxTransitions
{
    /// <summary>What the operation leads to from that state. An operation that leads to the state itself has nothing to do and is no error.</summary>
    public static SandboxTransition Decide(SandboxState state, SandboxOperation operation) => (operation, state) switch
    {
        (_, Deleted) => SandboxTransition.Refused("It is gone."),
        (Delete, _) => SandboxTransition.To(Deleted),

        (FinishCreate, Creating) => SandboxTransition.To(Running),
        (_, Creating) => SandboxTransition.Refused("It is still being made; wait until it runs."),

        (Pause, Running or Paused or Asleep) => SandboxTransition.To(Paused),
        (Pause, _) => SandboxTransition.Refused("Only a running one can."),

        (Resume, Running or Paused or Asleep) => SandboxTransition.To(Running),
        (Resume, _) => SandboxTransition.Refused("Only a paused one can; start a stopped one."),

        (Stop, Running or Paused or Asleep or Stopped) => SandboxTransition.To(Stopped),
        (Stop, _) => SandboxTransition.Refused("Only a running or paused one can."),

        (Start, Running or Asleep or Stopped or Error) => SandboxTransition.To(Running),
        (Start, _) => SandboxTransition.Refused("Only a stopped one can; resume a paused one."),

        (FallAsleep, Running) => SandboxTransition.To(Asleep),
        (FallAsleep, _) => SandboxTransition.Refused("Only a running one can."),

        (Wake, Running or Asleep) => SandboxTransition.To(Running),
        (Wake, Paused) => SandboxTransition.Refused("Resume it first."),
        (Wake, _) => SandboxTransition.Refused("Start it first."),

        (Fail, Running or Paused or Asleep) => SandboxTransition.To(Error),
        (Extend or Fail, _) => SandboxTransition.To(state),

        _ => SandboxTransition.Refused("It is made already."),
    };

    /// <summary>What the operation is called in a sentence.</summary>
    public static string Verb(SandboxOperation operation) => operation switch
    {
        Pause => "paused",
        Resume => "resumed",
        Stop => "stopped",
        Start => "started",
        Extend => "given another lifetime",
        Delete => "deleted",
        Wake => "used",
        _ => "changed",
    };

    /// <summary>The type of the event that tells of the operation, in the words of the API.</summary>
    public static string EventType(SandboxOperation operation) => operation switch
    {
        Create => "sandbox.created",
        FinishCreate or Start => "sandbox.running",
        Pause or FallAsleep => "sandbox.paused",
        Resume or Wake => "sandbox.resumed",
        Stop => "sandbox.stopped",
        Delete => "sandbox.deleted",
        Fail => "sandbox.error",
        _ => "sandbox.timeout_updated",
    };

    extension(SandboxState state)
    {
        /// <summary>Whether processes should exist for it.</summary>
        public bool HasProcesses => state is Running or Paused or Asleep;

        /// <summary>Whether its processes should stand still.</summary>
        public bool IsFrozen => state is Paused or Asleep;
    }
}
