using System.Text;
using Hopx.Client;

namespace Hopx.Testing;

/// <summary>A job of a fake sandbox, which does what the test says.</summary>
public sealed class FakeJob(JobInfo info)
{
    private readonly StringBuilder _output = new();

    public JobInfo Info { get; set; } = info;

    public ExecutionResult? Result { get; set; }

    /// <summary>What was typed into it; null for the end of its input.</summary>
    public IList<string?> Typed { get; } = [];

    /// <summary>Happens when somebody waits for it.</summary>
    public Action<FakeJob>? OnWait { get; set; }

    /// <summary>Happens when something is typed.</summary>
    public Action<FakeJob>? OnInput { get; set; }

    public void Print(string text) => _output.Append(text);

    internal JobOutputPart Read(long offset, int limit, int? tail)
    {
        var text = _output.ToString();
        var from = tail is { } lines ? text.Length - string.Join('\n', text.Split('\n').TakeLast(lines)).Length : (int)Math.Min(offset, text.Length);
        var part = text[from..Math.Min(text.Length, from + limit)];
        return new JobOutputPart { ProcessId = Info.ProcessId, Status = Info.Status, Offset = from, NextOffset = from + part.Length, TotalBytes = text.Length, Data = part };
    }

    internal JobInfo Describe() => Info with { StdoutBytes = _output.Length, StderrBytes = 0 };
}
