using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>What the agent tells about itself.</summary>
internal sealed class AgentFacts(IOptions<AgentOptions> options, TimeProvider time)
{
    public const string Name = "hopx-vm-agent";

    private readonly long _started = time.GetTimestamp();
    private readonly DateTimeOffset _startTime = time.GetUtcNow();

    public static string Version { get; } = typeof(AgentFacts).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public TimeSpan Uptime => time.GetElapsedTime(_started);

    private static AgentFeatures Features { get; } = new()
    {
        CodeExecution = true,
        FileOperations = true,
        Languages = ["python", "javascript", "bash", "go"],
    };

    public AgentHealth GetHealth()
    {
        var uptime = Uptime;
        return new AgentHealth
        {
            Status = "healthy",
            Agent = Name,
            Version = Version,
            Uptime = Describe(uptime),
            UptimeSeconds = Math.Round(uptime.TotalSeconds, 3),
            VmId = options.Value.SandboxId,
            Features = Features,
        };
    }

    public AgentInfo GetInfo()
    {
        var uptime = Uptime;
        return new AgentInfo
        {
            Agent = Name,
            Version = Version,
            AgentVersion = Version,
            VmId = options.Value.SandboxId,
            Os = "linux",
            Arch = RuntimeInformation.OSArchitecture is Architecture.Arm64 ? "arm64" : "amd64",
            Platform = RuntimeInformation.RuntimeIdentifier,
            Port = "7777",
            StartTime = _startTime,
            Uptime = Describe(uptime),
            UptimeSeconds = Math.Round(uptime.TotalSeconds, 3),
            Endpoints = Endpoints,
            Features = Features,
        };
    }

    private static Dictionary<string, string> Endpoints { get; } = new()
    {
        ["health"] = "/health",
        ["info"] = "/info",
        ["ping"] = "/ping",
        ["execute"] = "/execute",
        ["commands"] = "/commands/run",
        ["env"] = "/env",
        ["files"] = "/files",
        ["watch"] = "/files/watch",
        ["metrics"] = "/metrics/snapshot",
        ["cache"] = "/cache/stats",
        ["system"] = "/system",
        ["desktop"] = "/desktop",
    };

    private static string Describe(TimeSpan uptime) =>
        uptime.TotalHours >= 1 ? $"{(int)uptime.TotalHours}h{uptime.Minutes}m{uptime.Seconds}s"
        : uptime.TotalMinutes >= 1 ? $"{uptime.Minutes}m{uptime.Seconds}s"
        : $"{uptime.Seconds}s";
}
