using System.Text;

namespace Hopx.Testing;

/// <summary>A request as it arrived.</summary>
public sealed record RecordedRequest
{
    public required FakePlane Plane { get; init; }

    /// <summary>Sandbox whose agent was asked; null on the control plane.</summary>
    public string? SandboxId { get; init; }

    /// <summary>On the cloud's clock.</summary>
    public required DateTimeOffset ArrivedAt { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>With its question mark, or empty.</summary>
    public required string Query { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The first mebibyte of the body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    public string BodyText => Encoding.UTF8.GetString(Body.Span);

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public override string ToString() => $"{Method} {Path}{Query}";
}
