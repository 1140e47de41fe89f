using Hopx.Client;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Which step a sandbox can take from which state: decided here and nowhere else.</summary>
internal static class SandboxStatusRules
{
    extension(SandboxStatus status)
    {
        public bool CanPause => status is SandboxStatus.Running;

        public bool CanResume => status is SandboxStatus.Paused;

        public bool CanStop => status is SandboxStatus.Running or SandboxStatus.Paused;

        public bool CanStart => status is SandboxStatus.Stopped or SandboxStatus.Error;

        /// <summary>Whether processes should exist for it.</summary>
        public bool HasProcesses => status is SandboxStatus.Running or SandboxStatus.Paused;
    }
}
