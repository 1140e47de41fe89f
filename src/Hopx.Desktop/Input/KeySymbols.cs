using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Numbers that X has for characters and keys, by every name that callers use.</summary>
internal static class KeySymbols
{
    public const uint Shift = 0xffe1;
    public const uint Return = 0xff0d;
    public const uint Tab = 0xff09;
    public const uint CapsLock = 0xffe5;

    private const uint Control = 0xffe3;
    private const uint Alt = 0xffe9;
    private const uint AltRight = 0xffea;
    private const uint Super = 0xffeb;
    private const uint SuperRight = 0xffec;
    private const uint FirstFunctionKey = 0xffbe;
    private const uint FirstKeypadDigit = 0xffb0;
    private const uint UnicodeBase = 0x0100_0000;

    private static readonly FrozenDictionary<string, uint> ByName = Names().ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static uint Of(Rune character) => character.Value switch
    {
        '\n' or '\r' => Return,
        '\t' => Tab,
        '\b' => 0xff08,
        // The first 256 characters are their own numbers.
        >= 0x20 and < 0x7f or >= 0xa0 and <= 0xff => (uint)character.Value,
        var other => UnicodeBase + (uint)other,
    };

    /// <summary>The key of that name, or that types that character.</summary>
    public static uint Parse(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'key' is missing. Name a key, such as Return, ctrl+c or a.");
        }

        if (ByName.TryGetValue(name, out var known))
        {
            return known;
        }

        if (Rune.TryGetRuneAt(name, 0, out var character) && character.Utf16SequenceLength == name.Length && (character.Value is '\n' or '\r' or '\t' || !Rune.IsControl(character)))
        {
            return Of(character);
        }

        if (name[0] is 'U' or 'u' && name.Length is >= 5 and <= 8
            && uint.TryParse(name.AsSpan(name[1] == '+' ? 2 : 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) && Rune.IsValid(code))
        {
            return Of(new Rune(code));
        }

        var shown = name.Length > 40 ? $"{name[..40]}…" : name;
        throw new HopxException(
            HopxErrorCode.InvalidRequest,
            $"The key '{shown}' is unknown. Name one as X does (Return, Escape, BackSpace, Page_Down, Left, F5, ctrl, alt, shift, super) or give one character; to write text, use type.");
    }

    /// <summary>The keys of a combination such as <c>ctrl+shift+t</c>; a single plus is the key itself.</summary>
    public static IEnumerable<string> Split(string combination)
    {
        if (combination.Length <= 1 || ByName.ContainsKey(combination))
        {
            return [combination];
        }

        // A plus at the end is a key, as in ctrl++.
        return combination.EndsWith("++", StringComparison.Ordinal) ? [.. combination[..^2].Split('+'), "+"]
            : combination.StartsWith("U+", StringComparison.OrdinalIgnoreCase) ? [combination]
            : combination.Split('+', StringSplitOptions.TrimEntries);
    }

    public static bool IsModifier(uint symbol) => symbol is (>= 0xffe1 and <= 0xffee) or 0xfe03;

    /// <summary>Whether combinations with it often are the window manager's.</summary>
    public static bool IsOfWindowManager(uint symbol) => symbol is Alt or AltRight or Super or SuperRight;

    private static IEnumerable<KeyValuePair<string, uint>> Names()
    {
        foreach (var (names, symbol) in Lists())
        {
            foreach (var name in names.Split(' '))
            {
                yield return new(name, symbol);
            }
        }

        for (var i = 0u; i < 24; i++)
        {
            yield return new(string.Create(CultureInfo.InvariantCulture, $"F{i + 1}"), FirstFunctionKey + i);
        }

        for (var i = 0u; i < 10; i++)
        {
            yield return new(string.Create(CultureInfo.InvariantCulture, $"KP_{i}"), FirstKeypadDigit + i);
            yield return new(string.Create(CultureInfo.InvariantCulture, $"Numpad{i}"), FirstKeypadDigit + i);
        }
    }

    private static (string Names, uint Symbol)[] Lists() =>
    [
        ("Return Enter", Return), ("KP_Enter NumpadEnter", 0xff8d), ("Tab", Tab), ("ISO_Left_Tab BackTab", 0xfe20), ("Escape Esc", 0xff1b), ("BackSpace Back", 0xff08),
        ("Delete Del", 0xffff), ("Insert Ins", 0xff63), ("Home", 0xff50), ("End", 0xff57), ("Left ArrowLeft Left_Arrow", 0xff51), ("Up ArrowUp Up_Arrow", 0xff52),
        ("Right ArrowRight Right_Arrow", 0xff53), ("Down ArrowDown Down_Arrow", 0xff54), ("Page_Up PageUp PgUp Prior", 0xff55), ("Page_Down PageDown PgDn PgDown Next", 0xff56),
        ("space Spacebar", ' '), ("Pause", 0xff13), ("Scroll_Lock ScrollLock", 0xff14), ("Num_Lock NumLock", 0xff7f), ("Caps_Lock CapsLock", CapsLock), ("Menu ContextMenu Apps", 0xff67),
        ("Print PrintScreen Print_Screen PrtSc Sys_Req", 0xff61), ("Help", 0xff6a), ("Undo", 0xff65), ("Redo Again", 0xff66), ("Find", 0xff68), ("Cancel", 0xff69), ("Clear", 0xff0b),
        ("ctrl control Control_L Ctrl_L ControlLeft", Control), ("Control_R Ctrl_R ControlRight", 0xffe4), ("shift Shift_L ShiftLeft", Shift), ("Shift_R ShiftRight", 0xffe2),
        ("alt option Alt_L AltLeft", Alt), ("Alt_R AltRight", AltRight), ("AltGr ISO_Level3_Shift Mode_switch", 0xfe03),
        ("super win windows cmd command meta Super_L Win_L MetaLeft OSKey OS", Super), ("Super_R Win_R MetaRight", SuperRight), ("Meta_L", 0xffe7), ("Meta_R", 0xffe8), ("Hyper_L", 0xffed),
        ("plus", '+'), ("minus hyphen", '-'), ("equal equals", '='), ("underscore", '_'), ("comma", ','), ("period dot", '.'), ("slash", '/'), ("backslash", '\\'), ("semicolon", ';'),
        ("colon", ':'), ("apostrophe quoteright", '\''), ("quotedbl", '"'), ("grave quoteleft backquote", '`'), ("bracketleft", '['), ("bracketright", ']'), ("braceleft", '{'),
        ("braceright", '}'), ("parenleft", '('), ("parenright", ')'), ("less", '<'), ("greater", '>'), ("bar", '|'), ("asciitilde tilde", '~'), ("exclam", '!'), ("at", '@'),
        ("numbersign", '#'), ("dollar", '$'), ("percent", '%'), ("asciicircum", '^'), ("ampersand", '&'), ("asterisk", '*'), ("question", '?'),
        ("KP_Add", 0xffab), ("KP_Subtract", 0xffad), ("KP_Multiply", 0xffaa), ("KP_Divide", 0xffaf), ("KP_Decimal", 0xffae), ("KP_Equal", 0xffbd),
        ("XF86AudioRaiseVolume VolumeUp", 0x1008ff13), ("XF86AudioLowerVolume VolumeDown", 0x1008ff11), ("XF86AudioMute", 0x1008ff12), ("XF86AudioPlay", 0x1008ff14),
        ("XF86Back BrowserBack", 0x1008ff26), ("XF86Forward BrowserForward", 0x1008ff27), ("XF86Reload BrowserRefresh", 0x1008ff73), ("XF86Search", 0x1008ff1b), ("XF86HomePage", 0x1008ff18),
    ];
}
