namespace Hopx.Client;

/// <summary>Body of <c>POST /desktop/accessibility/tree</c> and <c>/find</c>, an addition to HopX: elements as applications describe them to assistive technology.</summary>
public sealed record AccessibilityRequest
{
    /// <summary>Only elements of this role, such as <c>button</c> or <c>push button</c>; any when absent.</summary>
    public string? Role { get; init; }

    /// <summary>Only elements whose name holds this text, whatever the case.</summary>
    public string? Name { get; init; }

    /// <summary>Only elements of the application whose name holds this text; all when absent.</summary>
    public string? Application { get; init; }

    /// <summary>Most elements in the answer; 200 when absent, at most 2000.</summary>
    public int? Limit { get; init; }

    /// <summary>Whether elements that are not shown are left out; true when absent.</summary>
    public bool? VisibleOnly { get; init; }

    /// <summary>Whether what documents hold, such as the page in a browser, is left out; it can be far more than all the rest. False when absent.</summary>
    public bool? SkipDocuments { get; init; }
}

/// <summary>Elements of the desktop, parents before children.</summary>
public sealed record AccessibilityElements
{
    public IReadOnlyList<AccessibilityElement>? Elements { get; init; }

    public int Count { get; init; }

    /// <summary>Whether there were more than the limit.</summary>
    public bool Truncated { get; init; }
}

/// <summary>One element of an application.</summary>
public sealed record AccessibilityElement
{
    /// <summary>For <c>POST /desktop/accessibility/act</c>; holds as long as the element exists.</summary>
    public required string Id { get; init; }

    public string? Role { get; init; }

    public string? Name { get; init; }

    public string? Application { get; init; }

    /// <summary>What the application adds to the name, such as the text of a tooltip.</summary>
    public string? Description { get; init; }

    /// <summary>Of its ancestors, 0 for an application.</summary>
    public int Depth { get; init; }

    public int X { get; init; }

    public int Y { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    /// <summary>Such as <c>focused</c>, <c>checked</c> or <c>editable</c>.</summary>
    public IReadOnlyList<string>? States { get; init; }

    /// <summary>What can be done with it, such as <c>click</c>.</summary>
    public IReadOnlyList<string>? Actions { get; init; }

    /// <summary>Text of a field, shortened.</summary>
    public string? Value { get; init; }
}

/// <summary>Body of <c>POST /desktop/accessibility/act</c>.</summary>
public sealed record AccessibilityActionRequest
{
    public string? Id { get; init; }

    /// <summary>One of the element's actions; its first when absent. <c>focus</c> gives it the keyboard.</summary>
    public string? Action { get; init; }
}
