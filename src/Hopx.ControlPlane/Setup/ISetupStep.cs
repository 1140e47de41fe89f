namespace Hopx.ControlPlane.Setup;

/// <summary>One thing that this machine must have before sandboxes run on it.</summary>
internal interface ISetupStep
{
    string Name { get; }

    /// <summary>Looks, quickly and without changing anything.</summary>
    Task<SetupFinding> CheckAsync(CancellationToken cancellationToken);

    /// <summary>Brings it about, or says in a <see cref="Hopx.Client.HopxException"/> what the user has to do.</summary>
    Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken);
}

/// <summary>What a step found, and the command or action that mends it.</summary>
internal sealed record SetupFinding(bool IsReady, string Detail, string? Remedy = null)
{
    public static SetupFinding Ready(string detail) => new(IsReady: true, detail);

    public static SetupFinding Missing(string detail, string remedy) => new(IsReady: false, detail, remedy);

    public override string ToString() => Remedy is null ? Detail : $"{Detail} {Remedy}";
}
