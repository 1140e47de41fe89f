using Hopx.Client;

namespace Hopx.Testing;

/// <summary>Makes the cloud answer with an error in its usual shape.</summary>
public sealed class FakeErrorException(HopxErrorCode code, string message, string? path = null) : Exception(message)
{
    public HopxErrorCode Code { get; } = code;

    public string? Path { get; } = path;
}
