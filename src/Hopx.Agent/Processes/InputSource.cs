using System.Globalization;

namespace Hopx.Agent;

/// <summary>What a run reads its input from: a pipe or a terminal.</summary>
internal sealed class InputSource
{
    private const int TerminalMajor = 136;
    private const string OwnTerminal = "/dev/tty";

    private readonly string _link;
    private readonly int? _terminal;

    private InputSource(string name, string link, int? terminal)
    {
        Name = name;
        _link = link;
        _terminal = terminal;
    }

    /// <summary><c>stdin</c> or <c>terminal</c>.</summary>
    public string Name { get; }

    /// <param name="name">What <c>/proc</c> calls the pipe: <c>pipe:[number]</c>.</param>
    public static InputSource Pipe(string name) => new("stdin", name, null);

    /// <param name="number">The number of the terminal: <c>/dev/pts/number</c>.</param>
    public static InputSource Terminal(int number) => new(
        "terminal",
        string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}"),
        // As /proc/PID/stat packs a device.
        (TerminalMajor << 8) | (number & 0xff) | ((number & ~0xff) << 12));

    /// <summary>Whether a process may read from it: only the group in the foreground may read from its terminal.</summary>
    public bool IsOpenTo(ProcessEntry process) => _terminal is null || (process.Terminal == _terminal && process.Group == process.ForegroundGroup);

    /// <summary>Whether a descriptor of such a process is it.</summary>
    /// <param name="link">What <c>/proc/PID/fd</c> says of the descriptor.</param>
    public bool Is(string link) => link == _link || (_terminal is not null && link == OwnTerminal);
}
