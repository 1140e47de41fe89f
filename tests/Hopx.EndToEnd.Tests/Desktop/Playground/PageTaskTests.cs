using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using static Hopx.EndToEnd.Tests.Desktop.DesktopSandbox;

namespace Hopx.EndToEnd.Tests.Desktop.Playground;

/// <summary>What people do to the elements of a page, judged by what the page made of it; the pictures are in <c>artifacts/desktop-pictures</c>.</summary>
public sealed class PageTaskTests(PlaygroundSandbox page) : IClassFixture<PlaygroundSandbox>
{
    [Fact]
    public async Task A_button_is_clicked()
    {
        var result = await page.DoAsync([Click(60, 60)]);

        await page.ExpectAsync("clicks", "1");
        Assert.Equal((60, 60), (result.Pointer!.X, result.Pointer.Y));
    }

    [Fact]
    public async Task A_button_is_double_clicked()
    {
        await page.DoAsync([Click(100, 60, clicks: 2)]);

        await page.ExpectAsync("doubles", "1");
    }

    [Fact]
    public async Task A_line_is_selected_by_a_triple_click()
    {
        var result = await page.DoAsync([Click(100, 112, clicks: 3)]);

        await page.ExpectAsync("selected", "pack my box with five dozen jugs");
        Assert.True(result.Changed);
        // What had the focus before may look another way now, too.
        Assert.Contains(result.ChangedRegions!, region => region.Y is >= 80 and <= 130);
    }

    [Fact]
    public async Task The_right_button_asks_for_a_context_menu()
    {
        await page.DoAsync([Click(140, 60, "right")]);

        await page.ExpectAsync("contexts", "1");
    }

    [Fact]
    public async Task The_middle_button_is_clicked()
    {
        await page.DoAsync([Click(180, 60, "middle")]);

        await page.ExpectAsync("middles", "1");
    }

    [Fact]
    public async Task A_button_is_clicked_while_keys_are_held_which_are_let_go_after()
    {
        await page.DoAsync([Click(80, 60, modifiers: ["ctrl", "shift"])]);
        await page.ExpectAsync("held", "ctrl+shift");
        await page.DoAsync([Click(80, 60)]);

        await page.ExpectAsync("held", "none");
    }

    [Fact]
    public async Task A_slider_is_dragged_to_its_middle()
    {
        await page.DoAsync([Drag((48, 155), (240, 155))]);

        await page.ExpectAsync("slider", "50");
    }

    [Fact]
    public async Task A_slider_is_moved_by_keys()
    {
        await page.DoAsync([Click(240, 155), Key("Home"), new DesktopAction { Type = "key", Keys = ["Right"], Repeat = 7 }]);

        await page.ExpectAsync("slider", "7");
    }

    [Fact]
    public async Task A_box_is_scrolled_down_right_up_and_left()
    {
        await page.DoAsync([Scroll(0, 3)]);
        await page.ExpectAsync("scrolled", "left low");
        await page.DoAsync([Scroll(3, 0)]);
        await page.ExpectAsync("scrolled", "right low");
        await page.DoAsync([Scroll(0, -20)]);
        await page.ExpectAsync("scrolled", "right high");
        await page.DoAsync([Scroll(-20, 0)]);
        await page.ExpectAsync("scrolled", "left high");
    }

    [Fact]
    public async Task An_entry_is_chosen_from_a_drop_down_list()
    {
        await page.DoAsync([Click(600, 60)]);
        var cedar = await page.Desktop.FindTextAsync("Cedar", Patience.Token);
        await page.DoAsync([Click(cedar.Element!.X + (cedar.Element.Width / 2), cedar.Element.Y + (cedar.Element.Height / 2))]);

        await page.ExpectAsync("choice", "Cedar");
    }

    [Fact]
    public async Task An_entry_of_a_drop_down_list_is_chosen_by_its_first_letter()
    {
        await page.DoAsync([Click(600, 60), Type("D"), Key("Return")]);

        await page.ExpectAsync("choice", "Dogwood");
    }

    [Theory]
    [InlineData("Latin", "The quick brown fox, \"jumps\" over {the} lazy dog; 100% <sure>!")]
    [InlineData("Accents", "Zażółć gęślą jaźń, Ærøskøbing, naïve façade, ß – „quoted“ €")]
    [InlineData("Scripts", "Съешь же ещё этих мягких булок, Ξεσκεπάζω, שלום, مرحبا")]
    [InlineData("Chinese, Japanese, Korean", "天地玄黃 宇宙洪荒、いろはにほへと ちりぬるを、다람쥐 헌 쳇바퀴")]
    [InlineData("Emoji", "🦊🐶🏳️‍🌈👩🏽‍🚀🇪🇺 and ☕️")]
    [InlineData("Lines", "first\nsecond\n\nfourth")]
    public async Task Text_of_any_script_is_typed(string script, string text)
    {
        await page.DoAsync([Click(600, 260), Key("ctrl+a"), Key("Delete"), Type(text)], task: $"{nameof(Text_of_any_script_is_typed)} ({script})");

        await page.ExpectAsync("text", text);
    }

    [Fact]
    public async Task Two_thousand_characters_of_many_scripts_are_typed_at_full_speed()
    {
        var text = string.Concat(Enumerable.Range(0, 2_000).Select(number => (number % 4) switch { 0 => (char)('a' + (number % 26)), 1 => (char)(0xe0 + (number % 23)), 2 => (char)(0x410 + (number % 60)), _ => (char)(0x4e00 + (number * 7 % 900)) }));

        await page.DoAsync([Click(600, 260), Key("ctrl+a"), Key("Delete"), Type(text)]);

        await page.ExpectAsync("text", text);
    }

    [Fact]
    public async Task A_box_is_ticked_and_a_choice_is_made()
    {
        await page.DoAsync([Click(52, 372), Click(172, 372)]);

        await page.ExpectAsync("agree", "true");
        await page.ExpectAsync("milk", "true");
    }

    [Fact]
    public async Task A_colour_is_picked()
    {
        await page.DoAsync([Click(300, 372)], Appearing, $"{nameof(A_colour_is_picked)} (open)");
        await page.DoAsync([Click(310, 588), Key("ctrl+a"), Type("255"), Key("Return")]);

        await page.ExpectAsync("colour", "#ff6699");
    }

    [Fact]
    public async Task A_date_is_typed()
    {
        await page.DoAsync([Click(415, 372), Type("12242026")]);

        await page.ExpectAsync("date", "2026-12-24");
    }

    [Fact]
    public async Task A_date_is_picked_from_its_calendar()
    {
        await page.DoAsync([Click(566, 372)], Appearing, $"{nameof(A_date_is_picked_from_its_calendar)} (open)");
        await page.DoAsync([Click(580, 648)]);

        await page.ExpectAsync("date", (await page.RunAsync("date +%F")).Trim());
    }

    [Fact]
    public async Task A_file_is_chosen_in_the_dialog()
    {
        await page.Agent.Files.WriteAsync("/tmp/playground/letter.txt", "Dear reader", Patience.Token);

        await page.DoAsync([Click(660, 372)], task: $"{nameof(A_file_is_chosen_in_the_dialog)} (dialog)");
        await page.UntilWindowAsync(window => window.Title is "Open File" or "Open");
        await page.DoAsync([Type("/tmp/playground/letter.txt")], Appearing);
        // Return in that field ends the dialog with nothing chosen; the button is beside this one, and its own word is in the title, too.
        var cancel = (await page.Desktop.FindTextAsync("Cancel", Patience.Token)).Element!;
        await page.DoAsync([Click(cancel.X + (cancel.Width / 2) + 90, cancel.Y + (cancel.Height / 2))]);

        await page.ExpectAsync("file", "letter.txt: Dear reader");
    }

    [Fact]
    public async Task A_card_is_dragged_and_dropped()
    {
        await page.DoAsync([Drag((90, 450), (380, 470))]);

        await page.ExpectAsync("dropped", "the card");
    }

    [Fact]
    public async Task A_thing_is_dragged_to_an_exact_place()
    {
        await page.DoAsync([Drag((80, 600), (380, 650))]);

        await page.ExpectAsync("handle", "340,610");
    }

    [Fact]
    public async Task A_line_is_drawn_around_a_corner()
    {
        await page.DoAsync([Drag((520, 440), (780, 440), (700, 600))]);

        await page.ExpectAsync("stroke", "19,19 far 279 to 199,179");
    }

    [Fact]
    public async Task A_line_is_drawn_by_button_down_move_and_up()
    {
        await page.DoAsync([new DesktopAction { Type = "mouse_down", X = 540, Y = 460 }]);
        await page.DoAsync([new DesktopAction { Type = "move", X = 700, Y = 500 }]);
        await page.DoAsync([new DesktopAction { Type = "mouse_up", X = 600, Y = 560 }]);

        await page.ExpectAsync("stroke", "39,39 far 199 to 99,139");
    }

    [Fact]
    public async Task A_form_is_filled_and_sent_by_keys_alone()
    {
        await page.DoAsync([Key("F5")]);
        await page.ExpectAsync("loads", "2");
        await page.DoAsync([Key("Tab"), Type("Ada"), Key("Tab"), Type("ada@example.org"), Key("Tab"), Key("space"), Key("Tab"), Key("Return")]);

        await page.ExpectAsync("sent", "Ada|ada@example.org|true");
    }

    [Fact]
    public async Task A_menu_that_opens_under_the_pointer_is_used()
    {
        var opened = await page.DoAsync([new DesktopAction { Type = "move", X = 930, Y = 300 }], task: $"{nameof(A_menu_that_opens_under_the_pointer_is_used)} (open)");
        await page.DoAsync([Click(930, 380)]);

        Assert.True(opened.Changed);
        await page.ExpectAsync("menu", "paste");
    }

    [Theory]
    [InlineData("F2", "F2 none")]
    [InlineData("Up", "ArrowUp none")]
    [InlineData("ctrl+shift+k", "K ctrl+shift")]
    [InlineData("alt+x", "x alt")]
    [InlineData("Page_Down", "PageDown none")]
    public async Task A_key_reaches_the_page_by_its_name(string key, string told)
    {
        await page.DoAsync([Click(1000, 400), Key(key)]);

        await page.ExpectAsync("key", told);
    }

    [Fact]
    public async Task A_key_is_held()
    {
        await page.DoAsync([Click(1000, 400), new DesktopAction { Type = "hold_key", Keys = ["z"], DurationMs = 600 }]);

        await page.ExpectAsync("heldLong", "true");
    }

    [Theory]
    [InlineData("Return", "true")]
    [InlineData("Escape", "false")]
    public async Task A_question_is_answered(string key, string answer)
    {
        await page.DoAsync([Click(930, 460)], task: $"{nameof(A_question_is_answered)} (question)");
        await page.DoAsync([Key(key)]);

        await page.ExpectAsync("confirmed", answer);
    }

    [Fact]
    public async Task A_film_is_not_waited_for_and_does_not_hide_what_was_done()
    {
        await page.DoAsync([Click(1120, 460)]);
        await page.ExpectAsync("film", "true");

        var result = await page.DoAsync([Click(112, 372)]);
        await page.DoAsync([Click(1120, 460)]);
        await page.ExpectAsync("film", "false");
        var after = await page.DoAsync([new DesktopAction { Type = "move", X = 5, Y = 790 }]);

        Assert.False(result.Settled);
        Assert.InRange(result.SettleMs, 200, 2_000);
        Assert.Contains(result.ChangedRegions!, region => region.X <= 112 && region.Y <= 372 && region.X + region.Width >= 112 && region.Y + region.Height >= 372);
        Assert.True(after.Settled);
    }

    // What comes in a window of its own takes its time.
    private static SettleRequest Appearing => new() { QuietMs = 500, FirstMs = 5_000, MaxMs = 10_000 };

    private static DesktopAction Scroll(int right, int down) => new() { Type = "scroll", X = 190, Y = 265, ScrollX = right, ScrollY = down };
}
