using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Hopx.Agent.Tests;

/// <summary>A real terminal that shows what it is sent: a pane of tmux.</summary>
internal sealed class Screen : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-screen-").FullName;
    private readonly FileStream _input;

    public Screen(int cols, int rows)
    {
        var pipe = Path.Combine(_directory, "in");
        Run("mkfifo", pipe);
        Tmux("-f", "/dev/null", "new-session", "-d", "-x", cols.ToString(CultureInfo.InvariantCulture), "-y", rows.ToString(CultureInfo.InvariantCulture), $"stty raw -echo; cat {pipe}");
        _input = new FileStream(pipe, FileMode.Open, FileAccess.Write);
    }

    public static bool IsThere => Run("sh", "-c", "command -v tmux; command -v vim; command -v top; true").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 3;

    public void Show(string text)
    {
        _input.Write(Encoding.UTF8.GetBytes(text));
        _input.Flush();
    }

    public string[] Read() => Tmux("capture-pane", "-p").Split('\n');

    public void Resize(int cols, int rows) => Tmux("resize-window", "-x", cols.ToString(CultureInfo.InvariantCulture), "-y", rows.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        _input.Dispose();
        Tmux("kill-server");
        Directory.Delete(_directory, recursive: true);
    }

    private string Tmux(params string[] arguments) => Run("tmux", ["-S", Path.Combine(_directory, "tmux"), .. arguments]);

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("TMUX");
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
