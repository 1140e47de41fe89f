using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hopx.Client;

namespace Hopx.EndToEnd.Tests.Gallery;

/// <summary>What code can show, in a real sandbox: compared by its structure and by its pixels.</summary>
public sealed partial class GalleryTests(GallerySandbox sandbox) : IClassFixture<GallerySandbox>
{
    private static readonly (byte, byte, byte) Red = (255, 0, 0);
    private static readonly (byte, byte, byte) Green = (0, 128, 0);
    private static readonly (byte, byte, byte) Blue = (0, 0, 255);
    private static readonly (byte, byte, byte) White = (255, 255, 255);

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    public async Task Figures_of_matplotlib_come_as_pictures_shown_and_left_open_alike(bool? clean)
    {
        var run = await sandbox.RunAsync(
            """
            import matplotlib.pyplot as plt
            def quarters(*colours):
                figure = plt.figure(figsize=(2, 2), dpi=100)
                axes = figure.add_axes([0, 0, 1, 1])
                axes.axis('off')
                axes.imshow([colours[:2], colours[2:]], aspect='auto')
            red, green, blue, white = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)
            quarters(red, green, blue, white)
            plt.show()
            quarters(white, blue, green, red)
            """,
            clean: clean);

        Assert.True(run.Success, run.Stderr);
        Assert.Equal("", run.Stderr);
        var pictures = run.RichOutputs!.Where(output => output.Type == "image/png").Select(output => output.Data["image/png"]).ToList();
        Assert.Equal(2, pictures.Count);
        Assert.Equal(run.Png, pictures[1]);
        AssertQuarters(pictures[0], Red, Green, Blue, White);
        AssertQuarters(pictures[1], White, Blue, Green, Red);
    }

    [Fact]
    public async Task A_figure_that_is_the_last_value_is_shown_once()
    {
        var run = await sandbox.RunAsync("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nfig");
        Assert.Single(run.RichOutputs!, output => output.Data.ContainsKey("image/png"));
        Assert.Contains("Figure", run.Result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_takes_the_hooks_away_leaves_the_next_run_right()
    {
        await sandbox.RunAsync(
            """
            import builtins, sys
            shell = get_ipython()
            shell.display_formatter.formatters.clear()
            shell.displayhook = shell.display_pub = sys.displayhook = None
            builtins.print = builtins.display = display = None
            shell.run_cell = shell.run_cell_async = shell.compile = None
            """,
            kernel: "hooks");
        var value = await sandbox.RunAsync("6 * 7", kernel: "hooks");
        var printed = await sandbox.RunAsync("print('still here')", kernel: "hooks");

        Assert.Equal(("42", null), (value.Result, value.StateLost));
        Assert.Equal(("still here\n", true), (printed.Stdout, printed.Success));
    }

    [Fact]
    public async Task A_million_displays_keep_within_their_bounds()
    {
        var run = await sandbox.RunAsync("for i in range(1_000_000):\n    display(i)", kernel: "million");

        Assert.True(run.Success, run.Stderr);
        Assert.InRange(run.RichOutputs!.Count, 100, 10_000);
        Assert.Equal(1_000_000, run.RichOutputs.Count + run.RichOutputsOmitted);
        Assert.Equal("42", (await sandbox.RunAsync("6 * 7", kernel: "million")).Result);
    }

    [Fact]
    public async Task The_inline_magic_changes_nothing()
    {
        var run = await sandbox.RunAsync("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()", kernel: "inline");
        Assert.True(run.Success, run.Stderr);
        Assert.Single(run.RichOutputs!, output => output.Data.ContainsKey("image/png"));
    }

    [Theory]
    [InlineData("%config InlineBackend.figure_formats=['svg']\nimport matplotlib.pyplot as plt", "svg-first", "image/svg+xml")]
    [InlineData("import matplotlib.pyplot as plt\n%config InlineBackend.figure_format = 'svg'", "svg-later", "image/svg+xml")]
    [InlineData("%matplotlib inline\n%config InlineBackend.figure_formats = ['png', 'svg']\nimport matplotlib.pyplot as plt", "svg-and-png", "image/png, image/svg+xml")]
    public async Task Figures_come_in_the_formats_that_were_asked_for(string setting, string kernel, string types)
    {
        foreach (var last in (string[])["plt.show()", "", "figure"])
        {
            var run = await sandbox.RunAsync($"{setting}\nfigure, axes = plt.subplots()\naxes.plot([1, 2]);\n{last}", kernel: kernel);
            Assert.True(run.Success, run.Stderr);
            var pictures = Assert.Single(run.RichOutputs!).Data.Keys.Where(mime => mime.StartsWith("image/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            Assert.Equal(types, string.Join(", ", pictures));
            Assert.StartsWith("<?xml", run.Svg, StringComparison.Ordinal);
        }

        // A sandbox has so many kernels and no more.
        await sandbox.RunAsync("import os\nos._exit(0)", kernel: kernel);
    }

    [Fact]
    public async Task A_data_frame_comes_as_text_and_as_a_table()
    {
        var run = await sandbox.RunAsync("import pandas as pd\npd.DataFrame({'city': ['Oslo', 'Rome'], 'degrees': [3, 17]})");
        Assert.Equal("   city  degrees\n0  Oslo        3\n1  Rome       17", run.Result);
        Assert.Equal(["city", "degrees", "0", "1"], TableHeads().Matches(run.Html!).Select(match => match.Groups[1].Value).Where(text => text.Length > 0));
        Assert.Equal(["Oslo", "3", "Rome", "17"], TableCells().Matches(run.Html!).Select(match => match.Groups[1].Value));
    }

    [Theory]
    [InlineData("figure")]
    [InlineData("figure.show()")]
    public async Task A_figure_of_plotly_comes_as_page_and_as_data(string last)
    {
        var run = await sandbox.RunAsync($"import plotly.graph_objects as go\nfigure = go.Figure(go.Bar(x=['a', 'b'], y=[1, 3]))\n{last}");
        Assert.True(run.Success, run.Stderr);
        var shown = Assert.Single(run.RichOutputs!);
        var trace = JsonElement.Parse(shown.Data["application/vnd.plotly.v1+json"]).GetProperty("data")[0];
        Assert.Equal(("bar", 3), (trace.GetProperty("type").GetString(), trace.GetProperty("y")[1].GetInt32()));
        Assert.Contains("plotly", run.Html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("<div", run.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_that_can_be_displayed_comes_with_its_type()
    {
        var run = await sandbox.RunAsync("""
            from IPython.display import *
            display(SVG('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4" fill="red"/></svg>'))
            display(Latex(r'$\frac{1}{2}$'), Markdown('# Title'), HTML('<b>bold</b>'), JSON({'a': [1, 2]}))
            Math(r'x^2')
            """);
        Assert.True(run.Success, run.Stderr);
        Assert.Equal(["image/svg+xml", "text/latex", "text/markdown", "text/html", "application/json", "text/latex"], run.RichOutputs!.Select(output => output.Type));
        Assert.Equal("rect", XDocument.Parse(run.Svg!).Root!.Elements().Single().Name.LocalName);
        Assert.Equal(@"$\displaystyle x^2$", run.Latex);
        Assert.Equal(("# Title", "<b>bold</b>", 2), (run.Markdown, run.Html, run.Json!.Value.GetProperty("a")[1].GetInt32()));
    }

    [Fact]
    public async Task Displays_are_updated_and_cleared_as_in_a_notebook()
    {
        var run = await sandbox.RunAsync("handle = display('first', display_id=True)\nfor i in range(3): handle.update(i)\ndisplay('second')");
        Assert.Equal(["2", "'second'"], run.RichOutputs!.Select(output => output.Data["text/plain"]));
        run = await sandbox.RunAsync("from IPython.display import clear_output\nfor i in range(3):\n    clear_output(wait=True)\n    display(i)");
        Assert.Equal("2", Assert.Single(run.RichOutputs!).Data["text/plain"]);
    }

    [Fact]
    public async Task Magics_shell_lines_and_await_work()
    {
        var run = await sandbox.RunAsync("files = !echo one; echo two\n!echo three\nimport asyncio\nawait asyncio.sleep(0)\n%time print('four')\nfiles", kernel: "magic");
        Assert.True(run.Success, run.Stderr);
        Assert.Equal("['one', 'two']", run.Result);
        Assert.StartsWith("three\nfour\n", run.Stdout, StringComparison.Ordinal);
        Assert.Contains("Wall time", run.Stdout, StringComparison.Ordinal);
        run = await sandbox.RunAsync("%%bash\necho from bash\necho problem >&2\nexit 3", kernel: "magic");
        Assert.Equal((1, "from bash\n"), (run.ExitCode, run.Stdout));
        Assert.Contains("problem", run.Stderr, StringComparison.Ordinal);
        run = await sandbox.RunAsync("_, Out[1], len(In)", kernel: "magic");
        Assert.Equal("(['one', 'two'], ['one', 'two'], 4)", run.Result);
    }

    [Theory]
    [InlineData("python", "def inner():\n    return 1 / 0\n\ninner()", "ZeroDivisionError: division by zero", "line 2, in inner")]
    [InlineData("javascript", "function inner() {\n  throw new TypeError('no');\n}\ninner();", "TypeError: no", "inner")]
    [InlineData("bash", "set -e\ncat /no/such/file", "/no/such/file: No such file or directory", "cat")]
    [InlineData("go", "package main\n\nfunc main() {\n\tvar numbers []int\n\t_ = numbers[len(numbers)]\n}", "index out of range [0] with length 0", "main.go:5")]
    public async Task An_exception_names_its_place_in_the_code(string language, string code, string message, string place)
    {
        var run = await sandbox.RunAsync(code, language);
        Assert.Equal((false, RunOutcome.Failed), (run.Success, run.Outcome));
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(message, run.Stderr, StringComparison.Ordinal);
        Assert.Contains(place, run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("hopx_", run.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_of_exceptions_is_told_without_what_runs_the_code()
    {
        var run = await sandbox.RunAsync("%time 1\ntry:\n    {}['key']\nexcept KeyError as first:\n    raise ValueError('second') from first");
        Assert.Contains("direct cause", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("interactiveshell", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("/dev/fd", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Stderr);
    }

    [Fact]
    public async Task A_kernel_that_takes_all_memory_is_lost_and_the_answer_says_why()
    {
        await sandbox.RunAsync("kept = 1", kernel: "memory");
        var run = await sandbox.RunAsync("import mmap\nheld = []\nwhile True:\n    held.append(mmap.mmap(-1, 64 << 20))\n    held[-1].write(b'x' * (64 << 20))", kernel: "memory");
        Assert.False(run.Success);
        Assert.True(run.StateLost is true || run.Stderr.Contains("MemoryError", StringComparison.Ordinal) || run.Stderr.Contains("Cannot allocate memory", StringComparison.Ordinal), run.Stderr);
        Assert.Contains("memory", run.Explanation ?? run.Stderr, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("2", (await sandbox.RunAsync("1 + 1", kernel: "memory")).Result);
    }

    [Fact]
    public async Task Code_that_kills_all_it_can_loses_its_kernel_and_the_next_run_is_right()
    {
        var run = await sandbox.RunAsync("import os\nos.kill(-1, 9)", kernel: "killer");
        Assert.True(run.Success || run.Outcome is RunOutcome.KernelLost, run.Stderr);
        run = await sandbox.RunAsync("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", kernel: "killer");
        Assert.Equal((RunOutcome.KernelLost, true), (run.Outcome, run.StateLost));
        Assert.Equal("2", (await sandbox.RunAsync("1 + 1", kernel: "killer")).Result);
        Assert.Equal("3", (await sandbox.RunAsync("1 + 2", clean: true)).Result);
    }

    [Fact]
    public async Task Ten_thousand_threads_leave_kernel_and_sandbox_usable()
    {
        var run = await sandbox.RunAsync(
            "import threading, time\ntry:\n    for i in range(10_000): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\nexcept RuntimeError as failure:\n    print(failure)",
            kernel: "threads");
        Assert.True(run.Outcome is RunOutcome.Completed or RunOutcome.KernelLost or RunOutcome.OutOfMemory, run.Stderr);
        // Threads that live on are the code's own business; when they end, all is as before.
        Assert.Equal("42", (await sandbox.RunAsync("for thread in threading.enumerate():\n    if thread is not threading.current_thread(): thread.join(10)\n6 * 7", kernel: "threads")).Result);
        Assert.Equal("42", (await sandbox.RunAsync("6 * 7", kernel: "other")).Result);
    }

    [Fact]
    public async Task Clean_runs_share_libraries_that_are_imported_already_and_nothing_else()
    {
        await sandbox.RunAsync("1");
        var first = await sandbox.RunAsync("import numpy\nnumpy.random.rand(), numpy.zeros(3).sum()", clean: true);
        var second = await sandbox.RunAsync("import numpy\nnumpy.random.rand(), numpy.zeros(3).sum()", clean: true);
        Assert.True(first.Success && second.Success, first.Stderr + second.Stderr);
        Assert.NotEqual(first.Result, second.Result);
    }

    private static void AssertQuarters(string png, (byte, byte, byte) topLeft, (byte, byte, byte) topRight, (byte, byte, byte) bottomLeft, (byte, byte, byte) bottomRight)
    {
        var picture = PngPicture.Decode(Convert.FromBase64String(png));
        Assert.InRange(picture.Width, 190, 220);
        Assert.InRange(picture.Height, 190, 220);
        var (left, right, top, bottom) = (picture.Width / 4, picture.Width * 3 / 4, picture.Height / 4, picture.Height * 3 / 4);
        Assert.Equal((topLeft, topRight, bottomLeft, bottomRight), (picture[left, top], picture[right, top], picture[left, bottom], picture[right, bottom]));
    }

    [GeneratedRegex("<th>([^<]*)</th>")]
    private static partial Regex TableHeads();

    [GeneratedRegex("<td>([^<]*)</td>")]
    private static partial Regex TableCells();
}
