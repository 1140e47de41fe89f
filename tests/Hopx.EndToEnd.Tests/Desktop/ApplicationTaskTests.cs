using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using static Hopx.EndToEnd.Tests.Desktop.DesktopSandbox;

namespace Hopx.EndToEnd.Tests.Desktop;

/// <summary>What people do with windows and applications, judged by files, windows and the clipboard; the pictures are in <c>artifacts/desktop-pictures</c>.</summary>
public sealed class ApplicationTaskTests(DesktopSandbox sandbox) : IClassFixture<DesktopSandbox>
{
    [Fact]
    public async Task A_window_is_moved_by_its_title_bar()
    {
        var window = await PlacedEditorAsync(200, 100, 600, 400);

        await sandbox.DoAsync([Drag((500, 112), (560, 182))]);

        var moved = await FindAsync(window);
        Assert.Equal((260, 170, 600, 400), (moved.X, moved.Y, moved.Width, moved.Height));
    }

    [Fact]
    public async Task A_window_is_resized_by_its_corner()
    {
        var window = await PlacedEditorAsync(200, 100, 600, 400);

        await sandbox.DoAsync([Drag((798, 498), (898, 558))]);

        var resized = await FindAsync(window);
        Assert.Equal((200, 100, 700, 460), (resized.X, resized.Y, resized.Width, resized.Height));
    }

    [Fact]
    public async Task A_window_fills_the_screen_after_a_double_click_on_its_title_and_goes_back_after_another()
    {
        var window = await PlacedEditorAsync(200, 100, 600, 400);

        await sandbox.DoAsync([Click(500, 112, clicks: 2)]);
        var large = await FindAsync(window);
        await sandbox.DoAsync([Click(500, large.Y + 10, clicks: 2)]);
        var small = await FindAsync(window);

        Assert.Equal(1280, large.Width);
        Assert.InRange(large.Height, 740, 800);
        Assert.Equal((200, 100, 600, 400), (small.X, small.Y, small.Width, small.Height));
    }

    [Fact]
    public async Task A_minimized_window_comes_back_by_the_panel()
    {
        var window = await PlacedEditorAsync(200, 100, 600, 400);
        await sandbox.Desktop.MinimizeWindowAsync(window.Id, Patience.Token);
        await sandbox.DoAsync([new DesktopAction { Type = "move", X = 5, Y = 5 }], task: $"{nameof(A_minimized_window_comes_back_by_the_panel)} (minimized)");

        var entry = await sandbox.Desktop.FindTextAsync("Mousepad", Patience.Token);
        await sandbox.DoAsync([Click(entry.Element!.X + 10, entry.Element.Y + 5)]);

        Assert.InRange(entry.Element.Y, 760, 800);
        await sandbox.UntilWindowAsync(other => other.Id == window.Id && other is { IsMinimized: false, IsActive: true });
    }

    [Fact]
    public async Task Of_two_windows_the_one_behind_comes_forward_by_a_click_and_by_alt_tab()
    {
        var editor = await PlacedEditorAsync(100, 100, 500, 400);
        var terminal = await TerminalAsync("forward");
        await sandbox.Desktop.MoveWindowAsync(terminal.Id, 400, 200, Patience.Token);

        var clicked = await sandbox.DoAsync([Click(200, 300)]);
        var topmost = (await sandbox.Desktop.ListWindowsAsync(Patience.Token))[^1];
        var switched = await sandbox.DoAsync([Key("alt+Tab")]);

        Assert.Equal(editor.Id, clicked.ActiveWindow!.Id);
        Assert.Equal(editor.Id, topmost.Id);
        Assert.Equal(terminal.Id, switched.ActiveWindow!.Id);
        await sandbox.Desktop.CloseWindowAsync(terminal.Id, Patience.Token);
    }

    [Fact]
    public async Task Text_is_copied_from_the_editor_and_pasted_in_the_terminal()
    {
        await sandbox.OpenEditorAsync();
        await sandbox.DoAsync([Type("carried across: ñ 漢 🎈"), Key("ctrl+a"), Key("ctrl+c")]);
        var terminal = await TerminalAsync("paste");
        await sandbox.Desktop.FocusWindowAsync(terminal.Id, Patience.Token);

        await sandbox.DoAsync([Type("cat > /tmp/pasted.txt\n"), Key("ctrl+shift+v"), Key("Return"), Key("ctrl+d")]);

        await sandbox.UntilAsync("grep -qx 'carried across: ñ 漢 🎈' /tmp/pasted.txt");
        await sandbox.Desktop.CloseWindowAsync(terminal.Id, Patience.Token);
    }

    [Fact]
    public async Task A_spreadsheet_calculates_what_is_typed_in_its_cells()
    {
        var sheet = await sandbox.LaunchAsync("gnumeric");
        await sandbox.Desktop.FocusWindowAsync(sheet.Id, Patience.Token);

        await sandbox.DoAsync([Key("ctrl+Home"), Type("19\n23\n=A1+A2\n")]);
        await sandbox.DoAsync([Key("Up"), Key("ctrl+c")]);

        Assert.Equal("42", (await sandbox.Desktop.GetClipboardAsync(Patience.Token)).Trim());
        await sandbox.RunAsync("pkill -x gnumeric");
    }

    [Fact]
    public async Task A_file_is_saved_in_the_dialog()
    {
        await sandbox.OpenEditorAsync();
        await sandbox.RunAsync("rm -f /tmp/saved.txt");

        await sandbox.DoAsync([Type("kept on disk"), Key("ctrl+s")], task: $"{nameof(A_file_is_saved_in_the_dialog)} (dialog)");
        await sandbox.UntilWindowAsync(window => window.Title!.StartsWith("Save", StringComparison.Ordinal));
        // It reads the folder before it takes the answer.
        await sandbox.DoAsync([Key("ctrl+a"), Type("/tmp/saved.txt")], new SettleRequest { QuietMs = 500, FirstMs = 5_000, MaxMs = 10_000 });
        await sandbox.DoAsync([Key("Return")]);

        await sandbox.UntilAsync("grep -q 'kept on disk' /tmp/saved.txt");
    }

    [Fact]
    public async Task An_entry_of_the_editor_s_context_menu_is_chosen()
    {
        var window = await sandbox.OpenEditorAsync();

        var opened = await sandbox.DoAsync([Type("all of this"), Click(window.X + 250, window.Y + 200, "right")], task: $"{nameof(An_entry_of_the_editor_s_context_menu_is_chosen)} (open)");
        var entry = await sandbox.Desktop.FindTextAsync("Select All", Patience.Token);
        await sandbox.DoAsync([Click(entry.Element!.X + 10, entry.Element.Y + 5), Key("ctrl+c")]);

        Assert.True(opened.Changed);
        Assert.Equal("all of this", await sandbox.Desktop.GetClipboardAsync(Patience.Token));
    }

    [Fact]
    public async Task The_desktop_s_own_menu_starts_a_program()
    {
        await sandbox.RunAsync("pkill -x mousepad; while pgrep -x mousepad > /dev/null; do sleep 0.05; done");

        await sandbox.DoAsync([Click(1150, 60, "right")], task: $"{nameof(The_desktop_s_own_menu_starts_a_program)} (open)");
        var entry = await sandbox.Desktop.FindTextAsync("Editor", Patience.Token);
        await sandbox.DoAsync([Click(entry.Element!.X + 5, entry.Element.Y + 5)]);

        await sandbox.UntilWindowAsync(window => window.ClassName is "Mousepad");
    }

    [Fact]
    public async Task A_file_is_dropped_on_a_folder()
    {
        await sandbox.RunAsync("rm -rf /tmp/shelf && mkdir -p /tmp/shelf/inbox && echo x > /tmp/shelf/report.txt && chown -R user:user /tmp/shelf");
        var files = await sandbox.LaunchAsync("pcmanfm", "--no-desktop", "/tmp/shelf");
        await sandbox.Desktop.ResizeWindowAsync(files.Id, 700, 450, Patience.Token);
        await sandbox.DoAsync([new DesktopAction { Type = "move", X = 5, Y = 5 }], task: $"{nameof(A_file_is_dropped_on_a_folder)} (before)");

        var file = await sandbox.Desktop.FindTextAsync("report.txt", Patience.Token);
        var folder = await sandbox.Desktop.FindTextAsync("inbox", Patience.Token);
        await sandbox.DoAsync([Drag(Above(file.Element!), Above(folder.Element!))]);

        // Whether it is moved or copied is the file manager's choice.
        await sandbox.UntilAsync("test -e /tmp/shelf/inbox/report.txt");
        await sandbox.Desktop.CloseWindowAsync(files.Id, Patience.Token);
    }

    [Fact]
    public async Task An_editor_with_unsaved_text_asks_before_it_closes_and_the_answer_says_so()
    {
        var window = await sandbox.OpenEditorAsync();
        await sandbox.DoAsync([Type("unsaved")]);

        var asked = await sandbox.Desktop.CloseWindowAsync(window.Id, Patience.Token);
        await sandbox.DoAsync([]);
        await sandbox.DoAsync([Key("Escape")]);

        Assert.Contains("still there", asked.Message, StringComparison.Ordinal);
        Assert.NotNull(await FindAsync(window));
    }

    [Fact]
    public async Task A_menu_is_used_by_keys_alone()
    {
        await sandbox.OpenEditorAsync();

        await sandbox.DoAsync([Type("by keys"), Key("alt+e")], task: $"{nameof(A_menu_is_used_by_keys_alone)} (open)");
        await sandbox.DoAsync([Key("a"), Key("ctrl+c")]);

        Assert.Equal("by keys", (await sandbox.Desktop.GetClipboardAsync(Patience.Token)));
    }

    [Fact]
    public async Task An_element_is_found_by_role_and_name_and_used()
    {
        await sandbox.OpenEditorAsync();

        var found = await sandbox.Desktop.FindAccessibleAsync(new AccessibilityRequest { Application = "mousepad", Role = "menu", Name = "File" }, Patience.Token);
        var menu = Assert.Single(found.Elements!);
        var result = await sandbox.DoAsync([Click(menu.X + (menu.Width / 2), menu.Y + (menu.Height / 2))]);
        await sandbox.DoAsync([Key("Escape")]);

        Assert.True(result.Changed);
    }

    [Fact]
    public async Task A_command_is_run_in_a_terminal()
    {
        var terminal = await TerminalAsync("command");
        await sandbox.Desktop.FocusWindowAsync(terminal.Id, Patience.Token);

        await sandbox.DoAsync([Type("echo $((6*7)) > /tmp/answer.txt; exit\n")]);

        await sandbox.UntilAsync("grep -qx 42 /tmp/answer.txt");
    }

    private static (int X, int Y) Above(ScreenElement name) => (name.X + (name.Width / 2), name.Y - 25);

    private async Task<DesktopWindow> PlacedEditorAsync(int x, int y, int width, int height)
    {
        var window = await sandbox.OpenEditorAsync();
        await sandbox.Desktop.ResizeWindowAsync(window.Id, width, height, Patience.Token);
        await sandbox.Desktop.MoveWindowAsync(window.Id, x, y, Patience.Token);
        return window;
    }

    private Task<DesktopWindow> TerminalAsync(string title) => sandbox.LaunchAsync("lxterminal", "--no-remote", "--title", title);

    private async Task<DesktopWindow> FindAsync(DesktopWindow window) =>
        Assert.Single(await sandbox.Desktop.ListWindowsAsync(Patience.Token), other => other.Id == window.Id);
}
