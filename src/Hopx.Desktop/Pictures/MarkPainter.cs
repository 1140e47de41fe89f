using System.Globalization;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Draws a frame and a number around a place of the screen. The few digits need no font.</summary>
internal static class MarkPainter
{
    private const int DigitWidth = 3;
    private const int DigitHeight = 5;

    private const int Farthest = 32_767;

    // Large enough to read after a picture of a large screen was scaled down.
    private const int PixelsPerStep = 900;

    // Rows of three pixels, the top one first.
    private static readonly ushort[] Digits =
    [
        0b111_101_101_101_111, 0b010_110_010_010_111, 0b111_001_111_100_111, 0b111_001_111_001_111, 0b101_101_111_001_001,
        0b111_100_111_001_111, 0b111_100_111_101_111, 0b111_001_010_010_010, 0b111_101_111_101_111, 0b111_101_111_001_111,
    ];

    // One color after the other, so that marks beside each other are told apart; white is read on each.
    private static readonly uint[] Colors = [0xd0_1c_1c, 0x1b_5e_d8, 0x0b_7a_36, 0x8e_24_aa, 0xb3_4a_00, 0x00_6f_7d];

    public static void Draw(Frame frame, ScreenMark mark, int originX, int originY)
    {
        var step = 1 + (Math.Max(frame.Width, frame.Height) / PixelsPerStep);
        var color = Colors[Math.Abs(mark.Number % Colors.Length)];
        // What lies far outside is as good as just outside, and cannot overflow.
        var place = new Region(
            Math.Clamp(mark.X, -Farthest, Farthest) - originX, Math.Clamp(mark.Y, -Farthest, Farthest) - originY, Math.Clamp(mark.Width, 1, Farthest), Math.Clamp(mark.Height, 1, Farthest));
        Fill(frame, place with { Height = step }, color);
        Fill(frame, place with { Y = place.Bottom - step, Height = step }, color);
        Fill(frame, place with { Width = step }, color);
        Fill(frame, place with { X = place.Right - step, Width = step }, color);

        // A number has to be read; a frame only has to be seen.
        var digitStep = step + 1;
        var text = Math.Abs((long)mark.Number).ToString(CultureInfo.InvariantCulture);
        var width = ((text.Length * (DigitWidth + 1)) + 1) * digitStep;
        var height = (DigitHeight + 2) * digitStep;
        // Above the place, where it hides nothing of it; at the screen's edges inside.
        var left = Math.Clamp(place.X, 0, Math.Max(0, frame.Width - width));
        var top = Math.Clamp(place.Y >= height ? place.Y - height : place.Y, 0, Math.Max(0, frame.Height - height));
        Fill(frame, new Region(left, top, width, height), color);
        for (var i = 0; i < text.Length; i++)
        {
            DrawDigit(frame, text[i] - '0', left + (((i * (DigitWidth + 1)) + 1) * digitStep), top + digitStep, digitStep);
        }
    }

    private static void DrawDigit(Frame frame, int digit, int left, int top, int step)
    {
        for (var bit = 0; bit < DigitWidth * DigitHeight; bit++)
        {
            if ((Digits[digit] & (1 << ((DigitWidth * DigitHeight) - 1 - bit))) != 0)
            {
                Fill(frame, new Region(left + (bit % DigitWidth * step), top + (bit / DigitWidth * step), step, step), 0xff_ff_ff);
            }
        }
    }

    private static void Fill(Frame frame, Region region, uint color)
    {
        var right = Math.Min(region.Right, frame.Width);
        for (var y = Math.Max(0, region.Y); y < Math.Min(region.Bottom, frame.Height); y++)
        {
            var row = frame.Row(y);
            for (var x = Math.Max(0, region.X); x < right; x++)
            {
                var pixel = row.Slice(x * Frame.PixelBytes, Frame.PixelBytes);
                pixel[0] = (byte)color;
                pixel[1] = (byte)(color >> 8);
                pixel[2] = (byte)(color >> 16);
            }
        }
    }
}
