namespace Hopx.Testing;

/// <summary>What the cloud answers instead of doing what it was asked. All parts are optional: with none, only <see cref="Delay"/> or <see cref="Until"/> have effect.</summary>
public sealed record PlannedAnswer
{
    /// <summary>Null: do what was asked, after the waiting.</summary>
    public int? Status { get; init; }

    public string Body { get; init; } = "";

    public string ContentType { get; init; } = "application/json";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes the body in place of <see cref="Body"/>: for answers that are large, slow or without end.</summary>
    public Func<Stream, CancellationToken, Task>? WriteBody { get; init; }

    /// <summary>Time on the cloud's clock before the answer.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Waits for this before the answer.</summary>
    public Task? Until { get; init; }

    /// <summary>Cuts the connection in place of an answer.</summary>
    public bool Drops { get; init; }

    /// <summary>Does what was asked and cuts the connection then, so that the caller cannot know.</summary>
    public bool DropsAfterwards { get; init; }

    public static PlannedAnswer Json(string body, int status = 200) => new() { Status = status, Body = body };

    public static PlannedAnswer Failure(int status, string body = "") => new() { Status = status, Body = body };

    public static PlannedAnswer Drop() => new() { Drops = true };
}
