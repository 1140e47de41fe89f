namespace Hopx.Client;

/// <summary>The screen.</summary>
public sealed record Display
{
    public int Width { get; init; }

    public int Height { get; init; }

    public int Depth { get; init; }

    public int RefreshRate { get; init; }

    public IReadOnlyList<DisplayOutput>? Displays { get; init; }
}

/// <summary>One output of the screen.</summary>
public sealed record DisplayOutput
{
    public int Id { get; init; }

    public string? Name { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    public bool Primary { get; init; }
}

/// <summary>Sizes that the screen can take, as pairs of width and height.</summary>
public sealed record ResolutionList
{
    public IReadOnlyList<IReadOnlyList<int>>? Resolutions { get; init; }
}

/// <summary>Body of <c>/desktop/display/set</c>.</summary>
public sealed record ResolutionRequest
{
    public int? Width { get; init; }

    public int? Height { get; init; }
}
