namespace Hopx.Client;

/// <summary>A part of a file on its way; disposing it ends the transfer.</summary>
public sealed record FileRange : IAsyncDisposable
{
    public required Stream Content { get; init; }

    /// <summary>Where in the file <see cref="Content"/> begins; 0 from a service that sends whole files only.</summary>
    public long Offset { get; init; }

    /// <summary>Size of the whole file, where the service told it.</summary>
    public long? FileSize { get; init; }

    public ValueTask DisposeAsync() => Content.DisposeAsync();
}
